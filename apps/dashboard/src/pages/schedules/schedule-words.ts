import type { SnapshotSchedule, SnapshotScheduleRun, SnapshotScheduleSpec } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import type { Tone } from "../../ui/badge.tsx";
import { labelsText } from "../vms/labels.ts";

const s = strings.schedules;

export function zoneOf(spec: SnapshotScheduleSpec | undefined): string {
  return spec?.timeZone || "UTC";
}

export function vmsText({ spec }: SnapshotSchedule): string {
  if (!spec) return "";
  if (spec.allVms) return s.allVms;
  const labels = labelsText(spec.labelSelector).replaceAll("\n", ", ");
  const parts = [spec.vmIds.length > 0 && s.vmCount(spec.vmIds.length), labels && s.withLabels(labels)];
  return parts.filter(Boolean).join(", ");
}

export function keepsText({ spec }: SnapshotSchedule): string {
  const { keepLast = 0, keepForHours = 0 } = spec ?? {};
  const limits = [keepLast > 0 && s.keepsLast(keepLast), keepForHours > 0 && s.keepsHours(keepForHours)];
  return limits.filter(Boolean).join(", ") || s.keepsAll;
}

/** Of its last run: a word, and how bad it is. */
export function outcomeOf(run: SnapshotScheduleRun): { tone: Tone; label: string; busy: boolean } {
  const { taken, failed, skipped, vms, problems, finishedAt } = run;
  if (!finishedAt) return { tone: "info", label: s.outcome.running, busy: true };
  if (failed > 0) return { tone: "bad", label: s.outcome.failed(failed, vms), busy: false };
  if (skipped > 0) return { tone: "warn", label: s.outcome.skipped(skipped), busy: false };
  return { tone: problems.length > 0 ? "warn" : "ok", label: s.outcome.ok(taken), busy: false };
}

/** All that came of it. */
export function countsText({ taken, failed, skipped, expired, missed, vms }: SnapshotScheduleRun): string {
  const o = s.outcome;
  const counts = [
    o.ok(taken),
    failed > 0 && o.failed(failed, vms),
    skipped > 0 && o.skipped(skipped),
    expired > 0 && o.expired(expired),
    missed > 0 && o.missed(missed),
  ];
  return counts.filter(Boolean).join(", ");
}
