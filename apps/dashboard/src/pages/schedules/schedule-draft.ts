import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SnapshotSchedule, SnapshotScheduleSpecSchema } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import { labelsText, parseLabels } from "../vms/labels.ts";

const s = strings.schedules.form;

/** What is in the form, as it was typed. */
export interface ScheduleDraft {
  name: string;
  projectId: string;
  description: string;
  cron: string;
  timeZone: string;
  who: "all" | "labels" | "vms";
  labels: string;
  vmIds: readonly string[];
  includeMemory: boolean;
  quiesce: boolean;
  keepLast: string;
  keepForHours: string;
}

export const patterns = { hourly: "0 * * * *", nightly: "0 2 * * *", weekly: "0 3 * * 0" } as const;
export type PatternName = keyof typeof patterns | "own";

export function draftOf(schedule: SnapshotSchedule | undefined, projectId: string): ScheduleDraft {
  const { spec } = schedule ?? {};
  const isOfLabels = Object.keys(spec?.labelSelector ?? {}).length > 0;
  return {
    name: schedule?.name ?? "",
    projectId: schedule?.projectId ?? projectId,
    description: schedule?.description ?? "",
    cron: spec?.cron ?? patterns.nightly,
    timeZone: spec ? spec.timeZone || "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone,
    who: !spec || spec.allVms ? "all" : isOfLabels ? "labels" : "vms",
    labels: labelsText(spec?.labelSelector ?? {}),
    vmIds: spec?.vmIds ?? [],
    includeMemory: spec?.includeMemory ?? false,
    quiesce: spec?.quiesce ?? false,
    keepLast: String(spec?.keepLast ?? 7),
    keepForHours: String(spec?.keepForHours ?? 0),
  };
}

/** What is missing in it; undefined: nothing. */
export function faultOf(draft: ScheduleDraft): string | undefined {
  if (draft.name.trim() === "") return s.needName;
  if (draft.who === "vms" && draft.vmIds.length === 0) return s.needVms;
  if (draft.who !== "labels") return undefined;
  const parsed = parseLabels(draft.labels);
  if ("fault" in parsed) return parsed.fault;
  return Object.keys(parsed.labels).length === 0 ? s.needLabels : undefined;
}

export function specOf(draft: ScheduleDraft): MessageInitShape<typeof SnapshotScheduleSpecSchema> {
  const parsed = parseLabels(draft.labels);
  const { cron, timeZone, who, includeMemory, quiesce } = draft;
  return {
    cron,
    timeZone,
    includeMemory,
    quiesce,
    allVms: who === "all",
    labelSelector: who === "labels" && "labels" in parsed ? parsed.labels : {},
    // Those that are named beside labels, as by the CLI, stay.
    vmIds: who === "all" ? [] : [...draft.vmIds],
    keepLast: Math.max(0, Math.floor(Number(draft.keepLast) || 0)),
    keepForHours: Math.max(0, Math.floor(Number(draft.keepForHours) || 0)),
  };
}
