import type { ServiceImpl } from "@connectrpc/connect";
import type { VolumeService } from "@limiquantix/api";
import { callOf } from "../rpc/context.ts";
import { volumes } from "../tables.ts";
import type { VmServiceParts } from "../vms/vm-service-parts.ts";
import { attachVolume, detachVolume, moveVolume, resizeVolume } from "./rpc/attach-volume.ts";
import { cloneVolume, createVolume } from "./rpc/create-volume.ts";
import { deleteVolume, restoreVolume, updateVolume } from "./rpc/edit-volume.ts";
import { listVolumes, watchVolumes } from "./rpc/list-volumes.ts";

export function volumeService(parts: VmServiceParts) {
  const { db } = parts;
  return {
    createVolume: (request, context) => createVolume(parts, request, callOf(context)),
    getVolume: ({ id }) => db.get(volumes, id),
    listVolumes: (request, context) => listVolumes(db, request, callOf(context)),
    updateVolume: (request, context) => updateVolume(parts, request, callOf(context)),
    deleteVolume: (request, context) => deleteVolume(parts, request, callOf(context)),
    restoreVolume: (request, context) => restoreVolume(parts, request, callOf(context)),
    resizeVolume: (request, context) => resizeVolume(parts, request, callOf(context)),
    attachVolume: (request, context) => attachVolume(parts, request, callOf(context)),
    detachVolume: (request, context) => detachVolume(parts, request, callOf(context)),
    cloneVolume: (request, context) => cloneVolume(parts, request, callOf(context)),
    moveVolume: (request, context) => moveVolume(parts, request, callOf(context)),
    watchVolumes: (request, context) => watchVolumes(db, request, callOf(context)),
  } satisfies ServiceImpl<typeof VolumeService>;
}
