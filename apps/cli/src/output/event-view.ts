import { Event_Severity, EventSchema, type Event } from "@limiquantix/api";
import { paintState, type Paint } from "./paint.ts";
import type { ListView } from "./print.ts";
import { printable } from "./table.ts";
import { moment } from "./times.ts";

export function eventListView(paint: Paint): ListView<typeof EventSchema> {
  return {
    schema: EventSchema,
    empty: "no events",
    columns: [
      { header: "TIME", value: (event) => moment(event.createdAt) },
      { header: "SEVERITY", value: severityOf, paint: (text) => paintState(paint, text) },
      { header: "SUBJECT", value: subjectOf },
      { header: "TYPE", value: (event) => event.type },
      { header: "BY", value: (event) => event.user },
      { header: "TASK", value: (event) => event.taskId, wide: true },
      { header: "MESSAGE", value: (event) => event.message },
    ],
  };
}

/** One event on a line of its own, for a stream of them. */
export function eventLine(event: Event, paint: Paint): string {
  const severity = paintState(paint, severityOf(event));
  return `${moment(event.createdAt)}  ${severity}  ${printable(subjectOf(event))}  ${printable(event.message)}`;
}

function severityOf(event: Event): string {
  return Event_Severity[event.severity] ?? "";
}

function subjectOf(event: Event): string {
  return event.subject ? `${event.subject.kind} ${event.subject.name || event.subject.id}` : "";
}
