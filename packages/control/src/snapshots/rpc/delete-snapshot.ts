import {
  problem,
  Reason,
  Snapshot_Phase,
  SnapshotTaskResponseSchema,
  type DeleteSnapshotRequest,
  type SnapshotTaskResponse,
} from "@limiquantix/api";
import { recordEvent } from "../../events/event.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { vms } from "../../tables.ts";
import { openTask, openTasksOf } from "../../tasks/task.ts";
import type { VmServiceParts } from "../../vms/vm-service-parts.ts";
import { vmRef } from "../../vms/vm.ts";
import { requireUnheld } from "../holders.ts";
import { endSnapshotTasks, undoSnapshot } from "../outcome.ts";
import { changeSnapshot, isReverting, snapshotOf } from "../snapshot.ts";
import { snapshotResponse } from "./create-snapshot.ts";

/**
 * What it held that others need is merged into them by the VM's host; its children become its parent's. One that is being
 * taken is called off. Throws IN_USE while clones are made of it, or the VM is on its way back to a snapshot.
 */
export function deleteSnapshot(
  parts: VmServiceParts,
  request: DeleteSnapshotRequest,
  call: Call,
): Promise<SnapshotTaskResponse> {
  const { clock } = parts;
  const mutation = { method: "VMService.DeleteSnapshot", request, response: SnapshotTaskResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const vm = tx.get(vms, request.vmId);
    const before = snapshotOf(tx, vm.id, request.snapshotId);
    if (vm.deletion) throw problem(Reason.VM_BEING_DELETED, { vm: vm.name });
    if (before.phase === Snapshot_Phase.DELETING) {
      return snapshotResponse(before, request.dryRun ? undefined : openTasksOf(tx, vm.id, before.id)[0]);
    }
    requireUnheld(tx, before, call.access);
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
    return snapshotResponse(snapshot, request.dryRun ? undefined : task);
  });
}
