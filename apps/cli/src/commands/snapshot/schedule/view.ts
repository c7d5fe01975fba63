import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { SnapshotScheduleSchema, type SnapshotSchedule, type SnapshotScheduleSpec } from "@limiquantix/api";
import type { Paint } from "../../../output/paint.ts";
import type { ListView } from "../../../output/print.ts";
import { renderFields } from "../../../output/table.ts";
import { age, moment } from "../../../output/times.ts";
import { formatLabels } from "../../../values/labels.ts";

export function scheduleListView(paint: Paint): ListView<typeof SnapshotScheduleSchema> {
  return {
    schema: SnapshotScheduleSchema,
    empty: "no snapshot schedules (make one: lqx snapshot schedule create --help)",
    columns: [
      { header: "NAME", value: (schedule) => schedule.name },
      { header: "CRON", value: ({ spec }) => spec?.cron ?? "" },
      { header: "ZONE", value: ({ spec }) => spec?.timeZone || "UTC" },
      { header: "VMS", value: ({ spec }) => (spec ? vmsOf(spec) : "") },
      { header: "KEEPS", value: ({ spec }) => (spec ? keeps(spec) : "") },
      { header: "NEXT", value: ({ status }) => moment(status?.nextRunAt) || "off" },
      { header: "LAST", value: ({ status }) => age(status?.lastRunAt), right: true },
      {
        header: "OUTCOME",
        value: outcomeOf,
        paint: (text, { status }) => ((status?.lastRun?.failed ?? 0) > 0 ? paint.red(text) : text),
      },
      { header: "ID", value: ({ id }) => id, wide: true },
    ],
  };
}

export interface ScheduleFacts {
  names: (vmId: string) => string;
  instants: readonly Timestamp[];
}

/** Pure. */
export function describeSchedule(schedule: SnapshotSchedule, { names, instants }: ScheduleFacts): string[] {
  const { spec, status } = schedule;
  const run = status?.lastRun;
  const { problems = [], moreProblems = 0 } = run ?? {};
  const faults = problems.map(({ vmName, message }) => (vmName ? `${vmName}: ${message}` : message));
  return renderFields([
    ["Name", schedule.name],
    ["Id", schedule.id],
    ["State", spec?.isEnabled ? "on" : "off"],
    ["Cron", spec ? `${spec.cron} (${spec.timeZone || "UTC"})` : ""],
    ["Next", instants.map(moment).join("\n")],
    ["VMs", spec ? vmsOf(spec, names) : ""],
    ["With", [spec?.includeMemory && "memory", spec?.quiesce && "quiesced guests"].filter(Boolean).join(", ")],
    ["Keeps", spec ? keeps(spec) : ""],
    ["Last run", moment(status?.lastRunAt)],
    ["Outcome", outcomeOf(schedule)],
    ["Problems", [...faults, ...(moreProblems > 0 ? [`and ${moreProblems} more`] : [])].join("\n")],
    ["Labels", formatLabels(schedule.labels)],
    ["Description", schedule.description],
    ["Created", moment(schedule.createdAt)],
    ["By", schedule.createdBy],
    ["Revision", String(schedule.revision)],
  ]);
}

/** "2 taken, 1 failed" of its last run; empty where there was none. Pure. */
export function outcomeOf({ status }: SnapshotSchedule): string {
  const run = status?.lastRun;
  if (!run) return "";
  const counts = {
    taken: run.taken,
    failed: run.failed,
    "left out": run.skipped,
    expired: run.expired,
    missed: run.missed,
  };
  const told = Object.entries(counts).filter(([word, count]) => count > 0 || word === "taken");
  const text = told.map(([word, count]) => `${count} ${word}`).join(", ");
  return run.finishedAt ? text : `running: ${text} of ${run.vms}`;
}

export function nextRunOf({ status }: SnapshotSchedule): string {
  return status?.nextRunAt ? `it runs next at ${moment(status.nextRunAt)}` : "it is switched off";
}

/** Pure. */
export function keeps({ keepLast, keepForHours }: SnapshotScheduleSpec): string {
  const isDays = keepForHours % 24 === 0;
  const time = isDays ? `${keepForHours / 24} d` : `${keepForHours} h`;
  const limits = [keepLast > 0 && `the last ${keepLast}`, keepForHours > 0 && time].filter(Boolean);
  return limits.join(" and ") || "all";
}

function vmsOf({ vmIds, labelSelector, allVms }: SnapshotScheduleSpec, names?: (id: string) => string): string {
  if (allVms) return "all";
  const labels = formatLabels(labelSelector);
  const named = names ? vmIds.map(names).join(", ") : vmIds.length > 0 ? String(vmIds.length) : "";
  return [named, labels && `with ${labels}`].filter(Boolean).join(" and ");
}
