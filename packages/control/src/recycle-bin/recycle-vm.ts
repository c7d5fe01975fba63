import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  problem,
  Reason,
  Snapshot_Phase,
  SnapshotSchema,
  VirtualMachineSchema,
  VolumeStatus_Phase,
  type Task,
  type VirtualMachine,
} from "@limiquantix/api";
import { RecycledVmRowSchema, type RecycledVmRow } from "@limiquantix/api/rows";
import type { Clock } from "@limiquantix/kit";
import { notFound } from "../access/access.ts";
import { dropGrantsOn } from "../access/drop-grants.ts";
import { recordEvent } from "../events/event.ts";
import type { Call } from "../rpc/call.ts";
import type { Transaction } from "../store/database.ts";
import { snapshots, vms } from "../tables.ts";
import { openTasksOf } from "../tasks/task.ts";
import { ownVolumesOf, recycleVolume, releaseVolumesOf } from "../volumes/recycle.ts";
import { changeVolume, volumeStatus } from "../volumes/volume.ts";
import { deleteVmRow } from "../vms/reservation.ts";
import { tombstones } from "../vms/tombstone.ts";
import { stateName, vmRef } from "../vms/vm.ts";
import { openPurgeTask } from "./purge-task.ts";
import { recycledVms } from "./table.ts";

/*
 * A VM in the recycle bin has a row in `recycledVms` instead of one in `vms`, and its snapshots are in that row. Its volumes
 * stay attached to it, so that they come back together or go together; that they are deleted is on record in their own
 * rows, and that their storage counts too; shared ones it has no longer, and gets again where they are there still. Its host has forgotten it, or is to forget it when it is back (a tombstone).
 */

/** Puts a VM that its host has forgotten, or is still to forget, into the recycle bin. */
export function recycleVm(tx: Transaction, clock: Clock, vm: VirtualMachine): RecycledVmRow {
  const kept = tx.by(snapshots, "vm", vm.id);
  const row = create(RecycledVmRowSchema, {
    id: vm.id,
    vm: clone(VirtualMachineSchema, vm),
    deletedAt: vm.deletion?.requestedAt ?? timestampFromMs(clock.now()),
    purgeAt: vm.deletion?.purgeAt ?? timestampFromMs(clock.now()),
    deletedBy: openTasksOf(tx, vm.id).find(({ kind }) => kind === "vm.delete")?.createdBy ?? "",
    snapshots: kept.map((snapshot) => clone(SnapshotSchema, snapshot)),
  });
  for (const { id } of kept) tx.delete(snapshots, id);
  deleteVmRow(tx, vm, { keepGrants: true });
  tx.insert(recycledVms, row);
  for (const { id } of ownVolumesOf(tx, vm.id)) {
    changeVolume(tx, clock, id, (volume) => {
      volume.deletedAt ??= row.deletedAt ?? timestampFromMs(clock.now());
      volume.purgeAt = row.purgeAt ?? timestampFromMs(clock.now());
      volumeStatus(volume).phase = VolumeStatus_Phase.RECYCLED;
    });
  }
  return row;
}

export function isPurgeDue({ purgeAt }: RecycledVmRow, now: number): boolean {
  return !purgeAt || timestampMs(purgeAt) <= now;
}

/** Throws NOT_FOUND for a VM that is gone, VM_WRONG_STATE for one that is not in the recycle bin, or not yet. */
export function recycledVm(tx: Pick<Transaction, "find">, id: string, action: string): RecycledVmRow {
  const row = tx.find(recycledVms, id);
  if (row) return row;
  const vm = tx.find(vms, id);
  if (!vm) throw notFound({ kind: "VM in the recycle bin", id });
  const state = stateName(vm);
  throw problem(Reason.VM_WRONG_STATE, { vm: vm.name, state, action, allowed: "in the recycle bin" });
}

/**
 * Ends its time in the recycle bin: its volumes go, as soon as no host has it any more. Where somebody asked for it, answers
 * the task that waits for that.
 */
export function purgeVm(tx: Transaction, clock: Clock, id: string, call?: Call): Task | undefined {
  const row = tx.find(recycledVms, id);
  if (!row?.vm) return undefined;
  for (const snapshot of row.snapshots) {
    // The memory of one is a file of its own on its host.
    const gone = { ...clone(SnapshotSchema, snapshot), phase: Snapshot_Phase.DELETING };
    if (snapshot.memoryNodeId) tx.insert(snapshots, gone);
  }
  tx.delete(recycledVms, id);
  dropGrantsOn(tx, "vm", id);
  const own = ownVolumesOf(tx, id);
  for (const volume of own) recycleVolume(tx, clock, volume.id, 0);
  if (!tx.find(tombstones, id)) releaseVolumesOf(tx, clock, id);
  const message = `VM ${row.vm.name} was deleted for good`;
  const task = call && openPurgeTask(tx, { clock, call, vm: row.vm, volumes: own });
  const taskId = task?.id ?? "";
  recordEvent(tx, { clock, call, type: "lifecycle", message, subject: vmRef(row.vm), taskId });
  return task;
}
