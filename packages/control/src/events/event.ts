import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Event_Severity, EventSchema, type Event } from "@limiquantix/api";
import { newId, type Clock } from "@limiquantix/kit";
import type { Call } from "../rpc/call.ts";
import type { Transaction } from "../store/database.ts";
import { events } from "../tables.ts";

/** What an event or a task is about. */
export interface Subject {
  kind: string;
  id: string;
  name: string;
  /** Whose it is: who may see the project's events sees this one, also when the object is gone. */
  projectId?: string;
}

export interface RecordEvent {
  clock: Clock;
  /** Undefined: nobody asked for it; it happened. */
  call?: Call | undefined;
  /** power, config, lifecycle, disk, network, error, … */
  type: string;
  severity?: keyof typeof Event_Severity;
  /** A sentence for people; never a secret. */
  message: string;
  subject: Subject;
  nodeId?: string;
  taskId?: string;
  metadata?: Record<string, string>;
}

/** Adds to the history of an object, in the transaction that makes it true. */
export function recordEvent(tx: Transaction, options: RecordEvent): Event {
  const { kind, id, name, projectId = "" } = options.subject;
  const event = create(EventSchema, {
    id: newId(),
    type: options.type,
    severity: Event_Severity[options.severity ?? "INFO"],
    message: options.message,
    subject: { kind, id, name },
    projectId,
    nodeId: options.nodeId ?? "",
    user: options.call?.principal.name ?? "system",
    taskId: options.taskId ?? "",
    createdAt: timestampFromMs(options.clock.now()),
    metadata: options.metadata ?? {},
  });
  tx.insert(events, event);
  return event;
}
