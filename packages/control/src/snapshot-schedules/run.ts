import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  problem,
  Reason,
  SnapshotScheduleProblemSchema,
  SnapshotScheduleRunSchema,
  type SnapshotSchedule,
  type SnapshotScheduleRun,
  type Task,
} from "@limiquantix/api";
import { ScheduledSnapshotRowSchema, type ScheduledSnapshotRow } from "@limiquantix/api/rows";
import type { Clock } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import type { Call } from "../rpc/call.ts";
import type { Transaction } from "../store/database.ts";
import { schedules, tasks } from "../tables.ts";
import { endTask, isOpen, openTask, progressTask } from "../tasks/task.ts";
import type { ScheduleServiceParts } from "./parts.ts";
import { letGo } from "./let-go.ts";
import { changeSchedule, getSchedule, scheduleRef, statusOf, vmsOf } from "./schedule.ts";
import { rowIdOf, scheduledSnapshots } from "./table.ts";

const mostProblems = 20;

export interface BeginRun {
  /** Milliseconds since the epoch. */
  instant: number;
  /** Instants before it that nobody could run. */
  missed: number;
  /** Who asked for it; undefined: its time has come. */
  call?: Call | undefined;
}

/**
 * Writes down that the schedule runs, and a row for each of its VMs, before anything is asked of anybody. What an older run
 * still waits for stays, and those VMs are left out.
 */
export function beginRun(
  tx: Transaction,
  { db, clock }: ScheduleServiceParts,
  scheduleId: string,
  { instant, missed, call }: BeginRun,
): { schedule: SnapshotSchedule; task: Task } {
  const before = getSchedule(tx, scheduleId);
  endRun(tx, clock, before);
  const { found, gone } = vmsOf(db, before);
  const run = create(SnapshotScheduleRunSchema, {
    scheduledFor: timestampFromMs(instant),
    startedAt: timestampFromMs(clock.now()),
    manual: call !== undefined,
    vms: found.length + gone.length,
    missed,
  });
  for (const vmId of gone) {
    run.skipped++;
    const message = "it is not there any more";
    addProblem(run, { vmId, vmName: vmId, reason: Reason.NOT_FOUND, message });
  }
  for (const { id: vmId, name: vmName } of found) {
    const id = rowIdOf(scheduleId, vmId);
    if (tx.find(scheduledSnapshots, id)) {
      run.skipped++;
      const message = "its snapshot before is still being taken";
      addProblem(run, { vmId, vmName, reason: Reason.IN_USE, message });
      continue;
    }
    const scheduledFor = timestampFromMs(instant);
    tx.insert(scheduledSnapshots, create(ScheduledSnapshotRowSchema, { id, scheduleId, vmId, vmName, scheduledFor }));
  }
  const task = openTask(tx, { clock, call, kind: "schedule.run", target: scheduleRef(before) });
  run.taskId = task.id;
  const schedule = changeSchedule(tx, scheduleId, (copy) => {
    const status = statusOf(copy);
    status.lastRunAt = timestampFromMs(clock.now());
    status.lastRun = run;
  });
  if (missed > 0) {
    const message = `snapshot schedule ${before.name} missed ${missed} of its times, and makes the newest up`;
    tell(tx, clock, schedule, message, "WARNING");
  }
  if (leftOf(run) === 0) endRun(tx, clock, schedule);
  return { schedule: getSchedule(tx, scheduleId), task };
}

/** Its time came while VMs of the run before had still to be asked: that is said, and nothing else done. */
export function leaveOut(tx: Transaction, clock: Clock, schedule: SnapshotSchedule, instants: number): void {
  changeSchedule(tx, schedule.id, (copy) => {
    const run = statusOf(copy).lastRun;
    if (run) run.missed += instants;
  });
  const message = `snapshot schedule ${schedule.name} left out a time of its: its run before is not through yet`;
  tell(tx, clock, schedule, message, "WARNING");
}

/** Counts what came of some VMs, takes their rows away, and lets go of what the schedule keeps no longer. */
export function tally(tx: Transaction, clock: Clock, scheduleId: string, ids: readonly string[]): void {
  const schedule = tx.find(schedules, scheduleId);
  if (!schedule) return;
  const rows = ids.flatMap((id) => tx.find(scheduledSnapshots, id) ?? []).filter(({ done }) => done);
  const changed = changeSchedule(tx, scheduleId, (copy) => {
    const run = (statusOf(copy).lastRun ??= create(SnapshotScheduleRunSchema));
    for (const row of rows) {
      const isOfThisRun = isFor(row, run);
      tx.delete(scheduledSnapshots, row.id);
      if (isOfThisRun) count(run, row);
      if (row.reason) continue;
      const { gone, stays } = letGo(tx, clock, schedule, row.vmId);
      run.expired += gone;
      for (const { message, reason } of stays) {
        addProblem(run, { vmId: row.vmId, vmName: row.vmName, reason, message });
      }
    }
  });
  const run = changed.status?.lastRun;
  if (!run || run.finishedAt) return;
  const left = leftOf(run);
  if (left === 0) return endRun(tx, clock, changed);
  const task = tx.find(tasks, run.taskId);
  if (!task || !isOpen(task)) return;
  const percent = (100 * (run.vms - left)) / Math.max(1, run.vms);
  tx.update(tasks, task.id, (copy) =>
    progressTask(copy, clock.now(), {
      step: "snapshots",
      percent,
      stepPercent: Math.floor(percent),
      message: `${run.taken} taken, ${run.failed} failed, ${left} to go`,
    }),
  );
}

/** VMs that nothing has come of yet: each is counted once. Their rows are not read, which others write meanwhile. */
function leftOf({ vms, taken, failed, skipped }: SnapshotScheduleRun): number {
  return vms - taken - failed - skipped;
}

function count(run: SnapshotScheduleRun, { vmId, vmName, reason, message, skipped }: ScheduledSnapshotRow): void {
  if (!reason) run.taken++;
  else if (skipped) run.skipped++;
  else run.failed++;
  if (reason) addProblem(run, { vmId, vmName, reason, message });
}

/** The run is over, or another begins: its task ends, and history tells of it. */
export function endRun(tx: Transaction, clock: Clock, before: SnapshotSchedule): void {
  if (!before.status?.lastRun || before.status.lastRun.finishedAt) return;
  const schedule = changeSchedule(tx, before.id, (copy) => {
    const run = statusOf(copy).lastRun;
    if (run) run.finishedAt = timestampFromMs(clock.now());
  });
  const run = schedule.status?.lastRun;
  if (!run) return;
  const { vms, taken, failed, skipped, expired, problems, taskId } = run;
  const [first] = problems;
  const why = first ? `: ${first.vmName ? `VM ${first.vmName}: ` : ""}${first.message}` : "";
  if (failed > 0) {
    const [of, count] = [String(vms), String(failed)];
    const params = { schedule: schedule.name, failed: count, vms: of, first: why.slice(2) };
    endTask(tx, clock, taskId, { state: "FAILED", problem: problem(Reason.SCHEDULE_RUN_FAILED, params) });
  } else endTask(tx, clock, taskId, { state: "SUCCEEDED" });
  const counts = [
    `took ${taken} of ${vms} snapshots`,
    failed > 0 && `${failed} failed`,
    skipped > 0 && `${skipped} left out`,
    expired > 0 && `${expired} older ones go`,
  ].filter(Boolean);
  const message = `snapshot schedule ${schedule.name} ${counts.join(", ")}${why}`;
  tell(tx, clock, schedule, message, failed > 0 ? "ERROR" : first ? "WARNING" : "INFO", taskId);
}

function isFor({ scheduledFor }: ScheduledSnapshotRow, run: SnapshotScheduleRun): boolean {
  if (!scheduledFor || !run.scheduledFor) return false;
  return timestampMs(scheduledFor) === timestampMs(run.scheduledFor);
}

function addProblem(
  run: SnapshotScheduleRun,
  fault: { vmId: string; vmName: string; reason: Reason; message: string },
): void {
  if (run.problems.length >= mostProblems) run.moreProblems++;
  else run.problems.push(create(SnapshotScheduleProblemSchema, fault));
}

function tell(
  tx: Transaction,
  clock: Clock,
  schedule: SnapshotSchedule,
  message: string,
  severity: "INFO" | "WARNING" | "ERROR",
  taskId = "",
): void {
  recordEvent(tx, { clock, type: "snapshot", severity, message, subject: scheduleRef(schedule), taskId });
}
