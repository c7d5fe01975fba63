import { clone, create } from "@bufbuild/protobuf";
import {
  CloudInitSchema,
  ProvisioningSchema,
  VmSpecSchema,
  VMTaskResponseSchema,
  type CloneVMRequest,
  type CloudInit,
  type VirtualMachine,
  type VmSpec,
  type VMTaskResponse,
} from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { recordEvent } from "../../events/event.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Transaction } from "../../store/database.ts";
import { vms } from "../../tables.ts";
import { openTask } from "../../tasks/task.ts";
import { cloneOrigin, type CloneOrigin } from "../clone-origin.ts";
import { acceptCloudInit, stripSecrets } from "../cloud-init/cloud-init.ts";
import { sealSecrets } from "../cloud-init/sealed-secrets.ts";
import { requireUse } from "../may-use.ts";
import { taskResponse } from "../order.ts";
import { placeInTree } from "../place-in-tree.ts";
import { specContext, specReferences } from "../references.ts";
import { insertVm } from "../reservation.ts";
import { checkSpec } from "../spec/check.ts";
import { completeSpec } from "../spec/defaults.ts";
import { vmRow } from "../vm-row.ts";
import type { VmServiceParts } from "../vm-service-parts.ts";
import { vmCan, vmRef } from "../vm.ts";

/**
 * Wants a VM made with the hardware of another one, and with disks that are copies of its, as they are or as they were in
 * a snapshot, or that share the snapshot's blocks. Of a VM that runs, and for linked clones, a snapshot is taken first
 * where none is named; it goes when nobody needs it any more.
 */
export async function cloneVm(parts: VmServiceParts, request: CloneVMRequest, call: Call): Promise<VMTaskResponse> {
  // Hashing takes its time: before the others have to wait, and once.
  const asked = request.provisioning?.cloudInit && acceptCloudInit(request.provisioning.cloudInit);
  const mutation = { method: "VMService.CloneVM", request, response: VMTaskResponseSchema };
  const { clock } = parts;
  return parts.placer.oneByOne(() =>
    mutate(parts, call, mutation, (tx) => {
      const source = tx.get(vms, request.sourceVmId);
      const id = newId();
      const from = cloneOrigin(tx, clock, { request, source, cloneId: id, call });
      const vm = newClone(parts, tx, { id, request, asked, source, from, call });
      insertVm(tx, clock, vm);
      // Written as it is, so that who starts the source at this moment by another replica runs again and sees the clone.
      tx.update(vms, source.id, () => {});
      const task = openTask(tx, {
        clock,
        call,
        kind: "vm.clone",
        target: vmRef(vm),
        generation: vm.generation,
        steps: from?.taken ? ["snapshot", "volumes"] : ["volumes"],
        cancellable: true,
      });
      const about = { clock, call, type: "lifecycle", nodeId: vm.status?.nodeId ?? "", taskId: task.id };
      recordEvent(tx, { ...about, message: `VM ${vm.name} was asked for as a clone`, subject: vmRef(vm) });
      recordEvent(tx, { ...about, message: `a clone of VM ${source.name} was asked for`, subject: vmRef(source) });
      return taskResponse(vm, request.dryRun ? undefined : task, warningsOf(source, asked));
    }),
  );
}

function newClone(
  { db, index, placer, clock, sealer }: VmServiceParts,
  tx: Transaction,
  options: {
    id: string;
    request: CloneVMRequest;
    asked: CloudInit | undefined;
    source: VirtualMachine;
    from: CloneOrigin | undefined;
    call: Call;
  },
): VirtualMachine {
  const { id, request, asked, source, from, call } = options;
  const { access } = call;
  const named = request.projectId !== "" || request.folderId !== "";
  const place = placeInTree(tx, access, named ? request : source);
  const by = { access, projectId: place.projectId, before: source.spec };
  const spec = completeSpec(specOfClone(source, from, asked), specContext(db, index, by));
  // What its image holds is on the disk already, also where the image is not in the library any more.
  const copied = new Set(spec.disks.map((disk) => disk.id));
  checkSpec(spec, specReferences(db, index, { ...by, vmId: id }), copied);
  requireUse(call, undefined, { ...spec, disks: spec.disks.map((disk) => ({ ...disk, imageId: "" })) });
  // What a running guest writes to is read on its own host; all else, on any that reaches the pools.
  const pinned = vmCan(source, "copying its disks") ? "" : (source.status?.nodeId ?? "");
  const wanted = { name: request.name, spec, nodeId: pinned, for: { access, projectId: place.projectId } };
  const nodeId = placer.choose(tx, wanted).id;
  if (spec.provisioning?.cloudInit) sealSecrets(sealer, id, spec.provisioning.cloudInit);
  const { labels } = source;
  const description = request.description || source.description;
  const start = request.startOnCreate;
  const row = { id, name: request.name, place, labels: { ...labels }, description, spec, start, nodeId, clock, call };
  return vmRow({ ...row, clonedFrom: source.id });
}

/** The source's hardware with everything that may be there only once left open. */
function specOfClone(source: VirtualMachine, from: CloneOrigin | undefined, asked: CloudInit | undefined): VmSpec {
  const then = from?.snapshot.spec ?? source.spec;
  const spec = then ? clone(VmSpecSchema, then) : create(VmSpecSchema);
  spec.provisioning = source.spec?.provisioning && clone(ProvisioningSchema, source.spec.provisioning);
  for (const disk of spec.disks) {
    Object.assign(disk, {
      id: "",
      volumeId: "",
      sourceVolumeId: disk.volumeId,
      sourceSnapshotId: from?.snapshot.id ?? "",
      sourceLinked: from?.linked ?? false,
      movingFromPoolId: "",
    });
  }
  for (const cdrom of spec.cdroms) cdrom.id = "";
  for (const nic of spec.nics) Object.assign(nic, { id: "", macAddress: "" });
  const cloudInit = asked ?? cloudInitLike(spec.provisioning?.cloudInit);
  spec.provisioning = cloudInit && create(ProvisioningSchema, { cloudInit });
  return spec;
}

/** A first boot like the source's but for its secrets, which are kept nowhere, and its host name, which is one machine's. */
function cloudInitLike(source: CloudInit | undefined): CloudInit | undefined {
  if (!source) return undefined;
  const own = clone(CloudInitSchema, source);
  stripSecrets(own);
  return Object.assign(own, {
    hostname: "",
    consumed: false,
    waysIn: own.waysIn.filter((way) => way !== "own user-data"),
  });
}

function warningsOf(source: VirtualMachine, asked: CloudInit | undefined): string[] {
  if (asked) return [];
  const before = source.spec?.provisioning?.cloudInit;
  if (!before) {
    return [
      `VM ${source.name} has no cloud-init: the clone begins with its host name and its SSH host keys; change them in the guest`,
    ];
  }
  if (!before.waysIn.includes("own user-data")) return [];
  return ["the source's own user-data is not repeated: what it left on the disks is there"];
}
