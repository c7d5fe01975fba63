import { create } from "@bufbuild/protobuf";
import {
  DeleteSnapshotScheduleResponseSchema,
  isProblem,
  problem,
  Reason,
  Snapshot_Phase,
  type DeleteSnapshotScheduleRequest,
  type DeleteSnapshotScheduleResponse,
} from "@limiquantix/api";
import { recordEvent } from "../../events/event.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { orderDeletion } from "../../snapshots/order-deletion.ts";
import type { Transaction } from "../../store/database.ts";
import { schedules, snapshots, vms } from "../../tables.ts";
import { endTask } from "../../tasks/task.ts";
import type { ScheduleServiceParts } from "../parts.ts";
import { getSchedule, scheduleRef } from "../schedule.ts";
import { scheduledSnapshots } from "../table.ts";

/** What it has not asked for yet is not taken any more. Throws PRIVILEGE_MISSING for snapshots that one may not delete. */
export function deleteSchedule(
  parts: ScheduleServiceParts,
  request: DeleteSnapshotScheduleRequest,
  call: Call,
): Promise<DeleteSnapshotScheduleResponse> {
  const { clock } = parts;
  const mutation = { method: "SnapshotScheduleService.DeleteSnapshotSchedule", request };
  return mutate(parts, call, { ...mutation, response: DeleteSnapshotScheduleResponseSchema }, (tx) => {
    const schedule = getSchedule(tx, request.id);
    if (request.deleteSnapshots) call.access.require("vm.snapshot", { kind: "project", id: schedule.projectId });
    for (const { id } of tx.by(scheduledSnapshots, "schedule", schedule.id)) tx.delete(scheduledSnapshots, id);
    const cancelled = problem(Reason.CANCELLED, { who: call.principal.name });
    endTask(tx, clock, schedule.status?.lastRun?.taskId ?? "", { state: "CANCELLED", problem: cancelled });
    let deleted = 0;
    const own = tx.by(snapshots, "schedule", schedule.id).filter(({ phase }) => phase !== Snapshot_Phase.DELETING);
    if (request.deleteSnapshots) for (const { id } of own) if (wantDeleted(parts, tx, call, id)) deleted++;
    tx.delete(schedules, schedule.id);
    const message = `snapshot schedule ${schedule.name} was deleted`;
    recordEvent(tx, { clock, call, type: "snapshot", message, subject: scheduleRef(schedule) });
    const counts = { snapshotsDeleted: deleted, snapshotsKept: own.length - deleted };
    return create(DeleteSnapshotScheduleResponseSchema, counts);
  });
}

/** False where it is in use. */
function wantDeleted({ clock }: ScheduleServiceParts, tx: Transaction, call: Call, id: string): boolean {
  const snapshot = tx.get(snapshots, id);
  const vm = tx.find(vms, snapshot.vmId);
  if (!vm || vm.deletion) return false;
  try {
    orderDeletion(tx, clock, vm, snapshot, call);
    return true;
  } catch (error) {
    // It is thrown before anything is written.
    if (!isProblem(error)) throw error;
    return false;
  }
}
