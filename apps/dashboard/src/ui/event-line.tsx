import { Event_Severity, type Event } from "@limiquantix/api";
import type { Tone } from "./badge.tsx";
import { Ago } from "./time.tsx";

const severities: Record<Event_Severity, { tone: Tone; word: string }> = {
  [Event_Severity.UNKNOWN]: { tone: "idle", word: "Event" },
  [Event_Severity.INFO]: { tone: "idle", word: "Information" },
  [Event_Severity.WARNING]: { tone: "warn", word: "Warning" },
  [Event_Severity.ERROR]: { tone: "bad", word: "Error" },
  [Event_Severity.CRITICAL]: { tone: "bad", word: "Critical" },
};

const dots: Record<Tone, string> = {
  ok: "bg-ok",
  warn: "bg-warn",
  bad: "bg-bad",
  info: "bg-info",
  idle: "bg-line-strong",
};

/** One event: what happened, how bad it is, who caused it, and when. */
export function EventLine({ event }: { event: Event }) {
  const { tone, word } = severities[event.severity] ?? severities[Event_Severity.UNKNOWN];
  return (
    <div className="flex items-baseline gap-2.5 py-1">
      <span role="img" aria-label={word} title={word} className={`size-2 shrink-0 rounded-full ${dots[tone]}`} />
      <span className="min-w-0 grow first-letter:uppercase">{event.message}</span>
      <span className="shrink-0 text-muted max-sm:hidden">{event.user === "system" ? "" : event.user}</span>
      <span className="shrink-0 text-muted">
        <Ago at={event.createdAt} />
      </span>
    </div>
  );
}
