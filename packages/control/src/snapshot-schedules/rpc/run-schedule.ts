import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  problem,
  Reason,
  RunSnapshotScheduleResponseSchema,
  type RunSnapshotScheduleRequest,
  type RunSnapshotScheduleResponse,
} from "@limiquantix/api";
import { recordEvent } from "../../events/event.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { ScheduleServiceParts } from "../parts.ts";
import { beginRun } from "../run.ts";
import { getSchedule, scheduleRef } from "../schedule.ts";
import { scheduledSnapshots } from "../table.ts";

/** Throws IN_USE while VMs of a run have still to be asked, and PRIVILEGE_MISSING for who may take no snapshots in the project. */
export function runSchedule(
  parts: ScheduleServiceParts,
  request: RunSnapshotScheduleRequest,
  call: Call,
): Promise<RunSnapshotScheduleResponse> {
  const { clock } = parts;
  const mutation = { method: "SnapshotScheduleService.RunSnapshotSchedule", request };
  return mutate(parts, call, { ...mutation, response: RunSnapshotScheduleResponseSchema }, (tx) => {
    const before = getSchedule(tx, request.id);
    call.access.require("vm.snapshot", { kind: "project", id: before.projectId });
    if (tx.by(scheduledSnapshots, "schedule", before.id).some((row) => !row.snapshotId && !row.done)) {
      throw problem(Reason.IN_USE, { kind: "schedule", name: before.name, by: "it is running" });
    }
    const { scheduledFor } = before.status?.lastRun ?? {};
    const last = scheduledFor ? timestampMs(scheduledFor) : 0;
    // Snapshots are named by the second.
    const instant = Math.max(Math.floor(clock.now() / 1000) * 1000, last + 1000);
    const { schedule, task } = beginRun(tx, parts, before.id, { instant, missed: 0, call });
    const message = `snapshot schedule ${schedule.name} was told to run now`;
    recordEvent(tx, { clock, call, type: "snapshot", message, subject: scheduleRef(schedule), taskId: task.id });
    return create(RunSnapshotScheduleResponseSchema, { schedule, ...(request.dryRun ? {} : { task }) });
  });
}
