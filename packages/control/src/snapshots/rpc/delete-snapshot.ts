import {
  problem,
  Reason,
  Snapshot_Phase,
  SnapshotTaskResponseSchema,
  type DeleteSnapshotRequest,
  type SnapshotTaskResponse,
} from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { vms } from "../../tables.ts";
import { openTasksOf } from "../../tasks/task.ts";
import type { VmServiceParts } from "../../vms/vm-service-parts.ts";
import { orderDeletion } from "../order-deletion.ts";
import { snapshotOf } from "../snapshot.ts";
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
  const mutation = { method: "VMService.DeleteSnapshot", request, response: SnapshotTaskResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const vm = tx.get(vms, request.vmId);
    const before = snapshotOf(tx, vm.id, request.snapshotId);
    if (vm.deletion) throw problem(Reason.VM_BEING_DELETED, { vm: vm.name });
    if (before.phase === Snapshot_Phase.DELETING) {
      return snapshotResponse(before, request.dryRun ? undefined : openTasksOf(tx, vm.id, before.id)[0]);
    }
    const { snapshot, task } = orderDeletion(tx, parts.clock, vm, before, call);
    return snapshotResponse(snapshot, request.dryRun ? undefined : task);
  });
}
