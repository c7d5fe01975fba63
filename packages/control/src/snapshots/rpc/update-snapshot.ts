import { invalid, problem, Reason, SnapshotSchema, type Snapshot, type UpdateSnapshotRequest } from "@limiquantix/api";
import { recordEvent } from "../../events/event.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { snapshots, vms } from "../../tables.ts";
import type { VmServiceParts } from "../../vms/vm-service-parts.ts";
import { vmRef } from "../../vms/vm.ts";
import { changeSnapshot, requireWhole, snapshotOf } from "../snapshot.ts";

/**
 * Renames or describes a snapshot; its host is not asked. With a name of its own it is no schedule's any more, and stays until a
 * person deletes it. Throws NAME_TAKEN, and SNAPSHOT_NOT_READY for one that comes or goes.
 */
export function updateSnapshot(parts: VmServiceParts, request: UpdateSnapshotRequest, call: Call): Promise<Snapshot> {
  const { clock } = parts;
  const mutation = { method: "VMService.UpdateSnapshot", request, response: SnapshotSchema };
  return mutate(parts, call, mutation, (tx) => {
    const vm = tx.get(vms, request.vmId);
    const before = snapshotOf(tx, vm.id, request.snapshotId);
    requireWhole(before);
    const { description = before.description } = request;
    const name = request.name?.trim() ?? before.name;
    if (name === "") throw invalid([{ field: "name", message: "is empty" }]);
    const isTaken = tx.by(snapshots, "vm", vm.id).some((other) => other.name === name && other.id !== before.id);
    if (isTaken) throw problem(Reason.NAME_TAKEN, { kind: "snapshot", name });
    const snapshot = changeSnapshot(tx, clock, before.id, (copy) => {
      Object.assign(copy, { name, description });
      if (name !== before.name) Object.assign(copy, { scheduleId: "", scheduledFor: undefined });
    });
    if (snapshot === before) return before;
    const what = name === before.name ? "was described anew" : `is called ${name} now`;
    const message = `snapshot ${before.name} of VM ${vm.name} ${what}`;
    recordEvent(tx, { clock, call, type: "snapshot", message, subject: vmRef(vm) });
    return snapshot;
  });
}
