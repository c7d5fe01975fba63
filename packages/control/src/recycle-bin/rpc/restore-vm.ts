import { clone } from "@bufbuild/protobuf";
import {
  problem,
  Reason,
  SnapshotSchema,
  VirtualMachineSchema,
  VmDesired_Power,
  VMTaskResponseSchema,
  VmStatus_PowerState,
  type RestoreVMRequest,
  type VirtualMachine,
  type VMTaskResponse,
} from "@limiquantix/api";
import type { RecycledVmRow } from "@limiquantix/api/rows";
import { recordEvent } from "../../events/event.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Transaction } from "../../store/database.ts";
import { folders, nodes, pools, snapshots, vms, volumes } from "../../tables.ts";
import { openTask } from "../../tasks/task.ts";
import { ownVolumesOf } from "../../volumes/recycle.ts";
import { changeVolume, volumeStatus } from "../../volumes/volume.ts";
import { sharedDisksNow } from "../shared-disks.ts";
import { taskResponse } from "../../vms/order.ts";
import { specReferences } from "../../vms/references.ts";
import { insertVm } from "../../vms/reservation.ts";
import { checkSpec } from "../../vms/spec/check.ts";
import { tombstones } from "../../vms/tombstone.ts";
import type { VmServiceParts } from "../../vms/vm-service-parts.ts";
import { desiredOf, statusOf, vmRef } from "../../vms/vm.ts";
import { recycledVm } from "../recycle-vm.ts";
import { recycledVms } from "../table.ts";

/**
 * Brings a VM back, stopped, with its volumes and snapshots: to the host that it was on, or where that is gone to one that
 * reaches its disks. A shared volume that is not there any more is left out, with a warning. Throws NOT_FOUND, VM_WRONG_STATE, NAME_TAKEN, QUOTA_EXCEEDED, POOL_UNAVAILABLE where nobody reaches its disks, and
 * INVALID_REQUEST for what it needs and is not there any more.
 */
export function restoreVm(parts: VmServiceParts, request: RestoreVMRequest, call: Call): Promise<VMTaskResponse> {
  const { clock } = parts;
  return parts.placer.oneByOne(() =>
    mutate(parts, call, { method: "VMService.RestoreVM", request, response: VMTaskResponseSchema }, (tx) => {
      const row = recycledVm(tx, request.id, "restore");
      const { vm, warnings } = restored(parts, tx, row, call);
      tx.delete(recycledVms, row.id);
      // A host that was to forget it when it is back has it still.
      if (tx.find(tombstones, vm.id)) tx.delete(tombstones, vm.id);
      for (const { id } of ownVolumesOf(tx, vm.id)) {
        changeVolume(tx, clock, id, (volume) => {
          Object.assign(volume, { deletedAt: undefined, purgeAt: undefined });
          volume.generation += 1n;
          volumeStatus(volume).observedGeneration = volume.generation;
        });
      }
      for (const snapshot of row.snapshots) tx.insert(snapshots, clone(SnapshotSchema, snapshot));
      insertVm(tx, clock, vm);
      const target = vmRef(vm);
      const task = openTask(tx, { clock, call, kind: "vm.restore", target, generation: vm.generation });
      const nodeId = vm.status?.nodeId ?? "";
      const message = `VM ${vm.name} was brought back from the recycle bin`;
      recordEvent(tx, { clock, call, type: "lifecycle", message, subject: target, nodeId, taskId: task.id });
      return taskResponse(vm, request.dryRun ? undefined : task, warnings);
    }),
  );
}

/** The VM's row anew, to be made on its host out of what is there. */
function restored(
  parts: VmServiceParts,
  tx: Transaction,
  row: RecycledVmRow,
  call: Call,
): { vm: VirtualMachine; warnings: string[] } {
  const vm = clone(VirtualMachineSchema, row.vm as VirtualMachine);
  const { db, index } = parts;
  const { access } = call;
  const taken = tx.by(vms, "name", vm.name).find((other) => other.isManaged && other.projectId === vm.projectId);
  if (taken) throw problem(Reason.NAME_TAKEN, { kind: "VM", name: vm.name });
  if (vm.folderId && !tx.find(folders, vm.folderId)) vm.folderId = "";
  const warnings = vm.spec ? sharedDisksNow(tx, vm.spec, tx.find(nodes, vm.status?.nodeId ?? "")?.id ?? "") : [];
  requirePools(tx, vm);
  const spec = vm.spec;
  if (spec) {
    // What its disks and drives began with need not be in the library any more.
    const known = new Set([...spec.disks, ...spec.cdroms].map(({ id }) => id));
    const by = { access, projectId: vm.projectId, before: spec, vmId: vm.id };
    checkSpec(spec, specReferences(db, index, by), known);
    const status = statusOf(vm);
    if (!tx.find(nodes, status.nodeId)) {
      const wanted = { name: vm.name, spec, nodeId: "", for: { access, projectId: vm.projectId } };
      status.nodeId = parts.placer.choose(tx, wanted).id;
    }
  }
  vm.deletion = undefined;
  vm.generation += 1n;
  Object.assign(desiredOf(vm), { power: VmDesired_Power.OFF, force: true, stopTimeoutSeconds: 0 });
  Object.assign(statusOf(vm), {
    state: VmStatus_PowerState.STOPPED,
    reserved: undefined,
    errorMessage: "",
    lostReason: "",
    needsRestart: [],
    nics: [],
    ipAddresses: [],
  });
  return { vm, warnings };
}

/** Throws POOL_UNAVAILABLE where one of its disks is lost to everybody. */
function requirePools(tx: Transaction, vm: VirtualMachine): void {
  for (const { volumeId, storagePoolId } of vm.spec?.disks ?? []) {
    if (!volumeId) continue;
    const pool = tx.find(pools, storagePoolId);
    const home = tx.find(volumes, volumeId)?.status?.nodeId ?? "";
    const lost = !pool || (home !== "" && !tx.find(nodes, home)) || !tx.find(volumes, volumeId);
    if (!lost) continue;
    const cause = `no host reaches the disks of VM ${vm.name} in it any more; purge the VM`;
    throw problem(Reason.POOL_UNAVAILABLE, { pool: pool?.name ?? storagePoolId, cause });
  }
}
