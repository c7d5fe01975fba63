import { Event_Severity } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import type { Tone } from "../../ui/badge.tsx";

const s = strings.events.severities;

/** By the name that the address has. */
export const eventSeverities: Record<Event_Severity, { name: string; label: string; tone: Tone }> = {
  [Event_Severity.UNKNOWN]: { name: "unknown", label: s.unknown, tone: "idle" },
  [Event_Severity.INFO]: { name: "info", label: s.info, tone: "info" },
  [Event_Severity.WARNING]: { name: "warning", label: s.warning, tone: "warn" },
  [Event_Severity.ERROR]: { name: "error", label: s.error, tone: "bad" },
  [Event_Severity.CRITICAL]: { name: "critical", label: s.critical, tone: "bad" },
};

export function severityNamed(name: string): Event_Severity | undefined {
  const found = Object.entries(eventSeverities).find(([, shown]) => shown.name === name);
  return found ? (Number(found[0]) as Event_Severity) : undefined;
}
