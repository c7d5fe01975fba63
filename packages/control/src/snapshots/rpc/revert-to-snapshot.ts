import { clone, create } from "@bufbuild/protobuf";
import {
  problem,
  Reason,
  Snapshot_Phase,
  VmDesired_Power,
  VmSpecSchema,
  VMTaskResponseSchema,
  type RevertToSnapshotRequest,
  type Snapshot,
  type VirtualMachine,
  type VmSpec,
  type VMTaskResponse,
} from "@limiquantix/api";
import { recordEvent } from "../../events/event.ts";
import { hostnameOf } from "../../pools/pool.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Transaction } from "../../store/database.ts";
import { images, snapshots, vms, volumes } from "../../tables.ts";
import { requireUse } from "../../vms/may-use.ts";
import { orderVm, taskResponse } from "../../vms/order.ts";
import { specReferences } from "../../vms/references.ts";
import { checkSpec } from "../../vms/spec/check.ts";
import type { VmServiceParts } from "../../vms/vm-service-parts.ts";
import { checkAction, desiredOf, statusOf, vmRef } from "../../vms/vm.ts";
import { isReverting, requireWhole, snapshotOf } from "../snapshot.ts";

/**
 * Wants the VM's disks and hardware, and its memory where the snapshot has it, to be what they were; its name, place and
 * labels stay. Throws SNAPSHOT_NOT_READY, IN_USE while other work on its snapshots goes on, VOLUME_WRONG_STATE for a disk that
 * is elsewhere by now, and UNSUPPORTED where the memory is on another host.
 */
export function revertToSnapshot(
  parts: VmServiceParts,
  request: RevertToSnapshotRequest,
  call: Call,
): Promise<VMTaskResponse> {
  const { clock, placer } = parts;
  return placer.oneByOne(() =>
    mutate(parts, call, { method: "VMService.RevertToSnapshot", request, response: VMTaskResponseSchema }, (tx) => {
      const before = tx.get(vms, request.vmId);
      const snapshot = snapshotOf(tx, before.id, request.snapshotId);
      checkAction(before, "revert");
      requireWhole(snapshot);
      requireQuiet(tx, before);
      requireMemoryHere(tx, before, snapshot);
      const { spec, warnings } = specBack(parts, tx, { vm: before, snapshot, call });
      const power = snapshot.memoryIncluded || request.startAfterRevert ? VmDesired_Power.ON : VmDesired_Power.OFF;
      if (power === VmDesired_Power.ON) placer.checkStart(tx, { ...before, spec }, call.access);
      const { vm, task } = orderVm(tx, before.id, {
        clock,
        call,
        kind: "vm.revert",
        change(copy) {
          copy.spec = spec;
          const desired = desiredOf(copy);
          Object.assign(desired, {
            power,
            force: true,
            stopTimeoutSeconds: 0,
            reverts: Math.max(desired.reverts, statusOf(copy).reverts) + 1,
            revertSnapshotId: snapshot.id,
            revertMemory: snapshot.memoryIncluded,
          });
        },
      });
      const message = `VM ${vm.name} is to go back to snapshot ${snapshot.name}`;
      const nodeId = vm.status?.nodeId ?? "";
      recordEvent(tx, { clock, call, type: "snapshot", message, subject: vmRef(vm), nodeId, taskId: task.id });
      return taskResponse(vm, request.dryRun ? undefined : task, warnings);
    }),
  );
}

function requireQuiet(tx: Transaction, vm: VirtualMachine): void {
  const { CREATING, DELETING } = Snapshot_Phase;
  const refuse = (by: string) => problem(Reason.IN_USE, { kind: "VM", name: vm.name, by });
  if (isReverting(vm)) throw refuse("it is on its way back to a snapshot");
  if (vm.spec?.disks.some(({ movingFromPoolId }) => movingFromPoolId)) throw refuse("a disk of it is being moved");
  for (const { name, phase } of tx.by(snapshots, "vm", vm.id)) {
    if (phase === CREATING) throw refuse(`snapshot ${name} of it is being taken`);
    if (phase === DELETING) throw refuse(`snapshot ${name} of it is being deleted`);
  }
}

function requireMemoryHere(
  tx: Transaction,
  vm: VirtualMachine,
  { name, memoryIncluded, memoryNodeId }: Snapshot,
): void {
  const nodeId = vm.status?.nodeId ?? "";
  if (!memoryIncluded || memoryNodeId === nodeId) return;
  const what = `going on with the memory of snapshot ${name} on host ${hostnameOf(tx, nodeId)}`;
  const why = `host ${hostnameOf(tx, memoryNodeId)} has it; clone the VM from the snapshot to have its disks`;
  throw problem(Reason.UNSUPPORTED, { what, why });
}

/** The hardware as it was, with what it leans on checked anew. */
function specBack(
  { db, index }: VmServiceParts,
  tx: Transaction,
  { vm, snapshot, call }: { vm: VirtualMachine; snapshot: Snapshot; call: Call },
): { spec: VmSpec; warnings: string[] } {
  const now = vm.spec ?? create(VmSpecSchema);
  const then = clone(VmSpecSchema, snapshot.spec ?? create(VmSpecSchema));
  const { haPolicy, placement, guestOs, autoStart, provisioning } = clone(VmSpecSchema, now);
  const spec = Object.assign(then, { haPolicy, placement, guestOs, autoStart, provisioning });
  const warnings: string[] = [];
  for (const disk of spec.disks) {
    const volume = tx.find(volumes, disk.volumeId);
    if (!volume || volume.deletedAt || volume.status?.attachedVmId !== vm.id) {
      const state = !volume ? "gone" : volume.deletedAt ? "in the recycle bin" : "not the VM's any more";
      const wanted = `with VM ${vm.name} to bring it back to snapshot ${snapshot.name}; a clone of the snapshot may do`;
      throw problem(Reason.VOLUME_WRONG_STATE, { volume: volume?.name ?? disk.volumeId, state, wanted });
    }
    // It may have been moved since.
    const poolId = volume.spec?.storagePoolId ?? disk.storagePoolId;
    Object.assign(disk, { storagePoolId: poolId, movingFromPoolId: "", sourceVolumeId: "", sourceSnapshotId: "" });
  }
  for (const cdrom of spec.cdroms) {
    if (!cdrom.imageId || tx.find(images, cdrom.imageId)) continue;
    cdrom.imageId = "";
    warnings.push("an ISO image that was in a drive is not in the library any more: the drive is empty");
  }
  const kept = new Set(spec.disks.map(({ volumeId }) => volumeId));
  for (const { id, volumeId } of now.disks) {
    if (kept.has(volumeId)) continue;
    const name = tx.find(volumes, volumeId)?.name ?? id;
    warnings.push(`disk ${name} was added after the snapshot and is taken from the VM; its volume stays`);
  }
  const known = new Set([...spec.disks, ...spec.cdroms].map(({ id }) => id));
  const { access } = call;
  // Its disks are the VM's own, whatever it was in between.
  const before = { ...now, disks: spec.disks };
  checkSpec(spec, specReferences(db, index, { access, projectId: vm.projectId, before, vmId: vm.id }), known);
  requireUse(call, before, spec);
  return { spec, warnings };
}
