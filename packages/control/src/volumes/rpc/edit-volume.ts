import { create } from "@bufbuild/protobuf";
import {
  invalid,
  problem,
  Reason,
  VolumeStatus_Phase,
  VolumeTaskResponseSchema,
  type DeleteVolumeRequest,
  type RestoreVolumeRequest,
  type UpdateVolumeRequest,
  type Volume,
  type VolumeTaskResponse,
} from "@limiquantix/api";
import { recordEvent } from "../../events/event.ts";
import type { Call } from "../../rpc/call.ts";
import { checkRevision, maskedFields } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import { recycledVms } from "../../recycle-bin/table.ts";
import type { Transaction } from "../../store/database.ts";
import { tasks, volumes } from "../../tables.ts";
import { endTask, openTasksOf } from "../../tasks/task.ts";
import { supersede } from "../../vms/order.ts";
import type { VmServiceParts } from "../../vms/vm-service-parts.ts";
import { isSharedVolume } from "../attachment.ts";
import { keepMsOf, recycleVolume } from "../recycle.ts";
import { changeVolume, freePhase, livePool, phaseName, requireNotRead, volumeRef, volumeStatus } from "../volume.ts";
import { orderVolume, volumeResponse } from "./order.ts";

/** Name, description, labels: what only people see. Throws REVISION_CONFLICT. */
export function updateVolume(
  parts: VmServiceParts,
  request: UpdateVolumeRequest,
  call: Call,
): Promise<VolumeTaskResponse> {
  const fields = maskedFields(request.updateMask, ["name", "description", "labels"]);
  if (fields.has("name") && !/^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$/.test(request.name)) {
    throw invalid([{ field: "name", message: "must be letters, digits, dots, dashes and underscores" }]);
  }
  const mutation = { method: "VolumeService.UpdateVolume", request, response: VolumeTaskResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    checkRevision("volume", tx.get(volumes, request.id), request.revision);
    const volume = changeVolume(tx, parts.clock, request.id, (copy) => {
      if (fields.has("name")) copy.name = request.name;
      if (fields.has("description")) copy.description = request.description;
      if (fields.has("labels")) copy.labels = { ...request.labels };
    });
    return volumeResponse(volume);
  });
}

/** Into the recycle bin, or to its end. Throws VOLUME_WRONG_STATE while a VM has it or it is copied, IN_USE while others share its blocks. */
export function deleteVolume(
  parts: VmServiceParts,
  request: DeleteVolumeRequest,
  call: Call,
): Promise<VolumeTaskResponse> {
  const { clock } = parts;
  const mutation = { method: "VolumeService.DeleteVolume", request, response: VolumeTaskResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const keepMs = keepMsOf(request);
    const before = tx.get(volumes, request.id);
    requireNotInBin(tx, before);
    requireFree(before);
    if (before.status?.phase === VolumeStatus_Phase.DELETING) {
      const task = openTasksOf(tx, before.id).find(({ kind }) => kind === "volume.delete");
      return volumeResponse(before, request.dryRun ? undefined : task);
    }
    requireNotRead(tx, before);
    for (const task of openTasksOf(tx, before.id)) supersede(tx, clock, task, "volume.delete");
    const volume = recycleVolume(tx, clock, before.id, keepMs);
    const gone = volume.status?.phase === VolumeStatus_Phase.DELETING;
    const what = gone ? "is to be deleted" : "was put into the recycle bin";
    const answer = orderVolume(tx, { clock, call, request, volume, kind: "volume.delete", what });
    return gone ? answer : endedNow(tx, parts, answer);
  });
}

/** Throws VOLUME_WRONG_STATE for one that is not in the recycle bin. */
export function restoreVolume(
  parts: VmServiceParts,
  request: RestoreVolumeRequest,
  call: Call,
): Promise<VolumeTaskResponse> {
  const { clock } = parts;
  const mutation = { method: "VolumeService.RestoreVolume", request, response: VolumeTaskResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const before = tx.get(volumes, request.id);
    if (before.status?.phase !== VolumeStatus_Phase.RECYCLED) {
      throw problem(Reason.VOLUME_WRONG_STATE, { volume: before.name, state: phaseName(before), wanted: "RECYCLED" });
    }
    requireNotInBin(tx, before);
    livePool(tx, before.spec?.storagePoolId ?? "");
    const volume = changeVolume(tx, clock, before.id, (copy) => {
      Object.assign(copy, { deletedAt: undefined, purgeAt: undefined });
      copy.generation += 1n;
      const status = volumeStatus(copy);
      status.phase = freePhase(copy, clock.now());
      if (status.phase === VolumeStatus_Phase.READY) status.observedGeneration = copy.generation;
    });
    const subject = volumeRef(volume);
    recordEvent(tx, { clock, call, type: "storage", message: `volume ${volume.name} was brought back`, subject });
    return volumeResponse(volume);
  });
}

/** Nothing is left for a host to do. */
function endedNow(
  tx: Transaction,
  { clock }: VmServiceParts,
  { volume, task }: VolumeTaskResponse,
): VolumeTaskResponse {
  const [open] = openTasksOf(tx, volume?.id ?? "");
  if (open) endTask(tx, clock, open.id, { state: "SUCCEEDED" });
  return create(VolumeTaskResponseSchema, {
    ...(volume ? { volume } : {}),
    ...(task ? { task: tx.get(tasks, task.id) } : {}),
  });
}

/** What is in the recycle bin with its VM comes back with it, or goes with it. */
function requireNotInBin(tx: Transaction, volume: Volume): void {
  const vm = isSharedVolume(volume) ? undefined : tx.find(recycledVms, volume.status?.attachedVmId ?? "")?.vm;
  if (!vm) return;
  const by = `VM ${vm.name} in the recycle bin has it: bring that back, or purge it`;
  throw problem(Reason.IN_USE, { kind: "volume", name: volume.name, by });
}

function requireFree(volume: Volume): void {
  if (!volume.status?.attachedVmId) return;
  const state = "attached to a VM";
  throw problem(Reason.VOLUME_WRONG_STATE, { volume: volume.name, state, wanted: "detached" });
}
