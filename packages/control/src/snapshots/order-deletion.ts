import { problem, Reason, Snapshot_Phase, type Snapshot, type Task, type VirtualMachine } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import type { Call } from "../rpc/call.ts";
import type { Transaction } from "../store/database.ts";
import { vms } from "../tables.ts";
import { openTask } from "../tasks/task.ts";
import { vmRef } from "../vms/vm.ts";
import { requireUnheld } from "./holders.ts";
import { endSnapshotTasks, undoSnapshot } from "./outcome.ts";
import { changeSnapshot, isReverting } from "./snapshot.ts";

/**
 * Wants a snapshot deleted that is not on its way out yet; one that is being taken is called off. Throws IN_USE, before it
 * writes anything, while clones are made of it, or the VM is on its way back to a snapshot. Without a call the control
 * plane itself wants it.
 */
export function orderDeletion(
  tx: Transaction,
  clock: Clock,
  vm: VirtualMachine,
  before: Snapshot,
  call?: Call,
): { snapshot: Snapshot; task: Task } {
  requireUnheld(tx, before, call?.access);
  if (isReverting(vm)) {
    throw problem(Reason.IN_USE, { kind: "VM", name: vm.name, by: "it is on its way back to a snapshot" });
  }
  const superseded = problem(Reason.SUPERSEDED, { by: "vm.snapshot-delete" });
  endSnapshotTasks(tx, clock, before, { state: "CANCELLED", problem: superseded });
  const snapshot =
    before.phase === Snapshot_Phase.CREATING
      ? undoSnapshot(tx, clock, before, superseded)
      : changeSnapshot(tx, clock, before.id, (copy) => {
          copy.phase = Snapshot_Phase.DELETING;
          copy.errorMessage = "";
        });
  // Written as it is: who goes back to a snapshot, or clones from it, at this moment by another replica runs again.
  tx.update(vms, vm.id, () => {});
  const target = vmRef(vm);
  const task = openTask(tx, { clock, call, kind: "vm.snapshot-delete", target, subjectId: snapshot.id });
  const message = `deletion of snapshot ${snapshot.name} of VM ${vm.name} was asked for`;
  const nodeId = vm.status?.nodeId ?? "";
  recordEvent(tx, { clock, call, type: "snapshot", message, subject: target, nodeId, taskId: task.id });
  return { snapshot, task };
}
