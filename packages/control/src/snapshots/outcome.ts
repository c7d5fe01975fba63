import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { problem, Reason, Snapshot_Phase, type Problem, type Snapshot, type VirtualMachine } from "@limiquantix/api";
import type { SnapshotReport } from "@limiquantix/api/daemon";
import type { Clock } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import { noteOutcome } from "../snapshot-schedules/outcome.ts";
import type { Transaction } from "../store/database.ts";
import { snapshots, vms } from "../tables.ts";
import { endTask, openTasksOf } from "../tasks/task.ts";
import { changeVm } from "../vms/reservation.ts";
import { recordFailure } from "../vms/settle.ts";
import { isPending, vmRef } from "../vms/vm.ts";
import { releaseStrays } from "../volumes/follow-vm.ts";
import { holdersOf } from "./holders.ts";
import { changeSnapshot, isUndone } from "./snapshot.ts";

/** The VM's host has made it: it is what the VM goes on from. */
export function snapshotTaken(tx: Transaction, clock: Clock, id: string, report: SnapshotReport): void {
  const found = tx.find(snapshots, id);
  // Called off meanwhile: what was made is removed.
  if (found?.phase !== Snapshot_Phase.CREATING) return;
  const { memoryIncluded, quiesced, quiesceMessage, pausedMs, sizeBytes } = report;
  const snapshot = changeSnapshot(tx, clock, id, (copy) => {
    Object.assign(copy, { memoryIncluded, quiesced, quiesceMessage, pausedMs, sizeBytes });
    if (!memoryIncluded) copy.memoryNodeId = "";
    copy.phase = Snapshot_Phase.READY;
    copy.createdAt = timestampFromMs(clock.now());
  });
  const vm = changeVm(tx, clock, snapshot.vmId, (copy) => void (copy.currentSnapshotId = id));
  noteOutcome(tx, snapshot);
  endSnapshotTasks(tx, clock, snapshot, { state: "SUCCEEDED" });
  const unfrozen = snapshot.quiesceWanted && !quiesced ? `; its file systems were not frozen: ${quiesceMessage}` : "";
  tell(tx, clock, vm, `snapshot ${snapshot.name} of VM ${vm.name} was taken${unfrozen}`, unfrozen ? "WARNING" : "INFO");
}

/** It cannot be taken: its task and the clones that wait for it fail, and what is left of it is to be removed. */
export function snapshotFailed(tx: Transaction, clock: Clock, id: string, cause: Problem): void {
  const found = tx.find(snapshots, id);
  if (found?.phase !== Snapshot_Phase.CREATING) return;
  const snapshot = undoSnapshot(tx, clock, found, cause);
  endSnapshotTasks(tx, clock, snapshot, { state: "FAILED", problem: cause });
  const vm = tx.find(vms, snapshot.vmId);
  if (vm) tell(tx, clock, vm, `snapshot ${snapshot.name} of VM ${vm.name}: ${cause.message}`, "ERROR");
}

/** What is left of a creation is to be removed; whoever waits for the snapshot learns why there will be none. */
export function undoSnapshot(tx: Transaction, clock: Clock, snapshot: Snapshot, cause: Problem): Snapshot {
  for (const { status } of holdersOf(tx, snapshot)) {
    const clone = tx.find(vms, status?.attachedVmId ?? "");
    if (clone && isPending(clone)) recordFailure(tx, clock, { id: clone.id, generation: clone.generation, cause });
  }
  noteOutcome(tx, snapshot, cause);
  return changeSnapshot(tx, clock, snapshot.id, (copy) => {
    copy.phase = Snapshot_Phase.DELETING;
    copy.errorMessage = cause.message;
  });
}

/** Its host has nothing of it any more: its children become its parent's. */
export function snapshotGone(tx: Transaction, clock: Clock, id: string): void {
  const snapshot = tx.find(snapshots, id);
  if (snapshot?.phase !== Snapshot_Phase.DELETING) return;
  tx.delete(snapshots, id);
  for (const child of tx.by(snapshots, "vm", snapshot.vmId)) {
    if (child.parentId === id) changeSnapshot(tx, clock, child.id, (copy) => void (copy.parentId = snapshot.parentId));
  }
  const cancelled = problem(Reason.CANCELLED, { who: "a user" });
  for (const task of openTasksOf(tx, snapshot.vmId, id)) {
    const end = task.cancelRequested ? ({ state: "CANCELLED", problem: cancelled } as const) : undefined;
    endTask(tx, clock, task.id, end ?? { state: "SUCCEEDED" });
  }
  if (!tx.find(vms, snapshot.vmId)) return;
  const vm = changeVm(tx, clock, snapshot.vmId, (copy) => {
    if (copy.currentSnapshotId === id) copy.currentSnapshotId = snapshot.parentId;
  });
  releaseStrays(tx, clock, vm);
  if (!isUndone(snapshot)) tell(tx, clock, vm, `snapshot ${snapshot.name} of VM ${vm.name} was deleted`);
}

/** It cannot be deleted, and is as good as before. */
export function deletionFailed(tx: Transaction, clock: Clock, id: string, cause: Problem): void {
  const found = tx.find(snapshots, id);
  if (found?.phase !== Snapshot_Phase.DELETING || isUndone(found)) return;
  const snapshot = changeSnapshot(tx, clock, id, (copy) => {
    copy.phase = Snapshot_Phase.ERROR;
    copy.errorMessage = cause.message;
  });
  endSnapshotTasks(tx, clock, snapshot, { state: "FAILED", problem: cause });
  const vm = tx.find(vms, snapshot.vmId);
  if (vm) tell(tx, clock, vm, `snapshot ${snapshot.name} of VM ${vm.name} stays: ${cause.message}`, "ERROR");
}

export function endSnapshotTasks(
  tx: Transaction,
  clock: Clock,
  { vmId, id }: Snapshot,
  end: Parameters<typeof endTask>[3],
): void {
  for (const task of openTasksOf(tx, vmId, id)) endTask(tx, clock, task.id, end);
}

function tell(
  tx: Transaction,
  clock: Clock,
  vm: VirtualMachine,
  message: string,
  severity: "INFO" | "WARNING" | "ERROR" = "INFO",
): void {
  const nodeId = vm.status?.nodeId ?? "";
  recordEvent(tx, { clock, type: "snapshot", severity, message, subject: vmRef(vm), nodeId });
}
