import type { EventDefinition, EventKind } from "../protocol/events.ts";
import type { CallName } from "../protocol/procedures.ts";
import { uuidToString } from "../uuid.ts";

/** The pair of procedures that turn a kind of event on and off, and the name of the field for its subject. */
const PROCEDURES = {
  domain: {
    on: "CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY",
    off: "CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY",
    subject: "dom",
  },
  network: { on: "CONNECT_NETWORK_EVENT_REGISTER_ANY", off: "CONNECT_NETWORK_EVENT_DEREGISTER_ANY", subject: "net" },
  pool: {
    on: "CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY",
    off: "CONNECT_STORAGE_POOL_EVENT_DEREGISTER_ANY",
    subject: "pool",
  },
  device: {
    on: "CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY",
    off: "CONNECT_NODE_DEVICE_EVENT_DEREGISTER_ANY",
    subject: "dev",
  },
  secret: { on: "CONNECT_SECRET_EVENT_REGISTER_ANY", off: "CONNECT_SECRET_EVENT_DEREGISTER_ANY", subject: "secret" },
  qemu: {
    on: "QEMU_CONNECT_DOMAIN_MONITOR_EVENT_REGISTER",
    off: "QEMU_CONNECT_DOMAIN_MONITOR_EVENT_DEREGISTER",
    subject: "dom",
  },
} as const satisfies Record<EventKind, { on: CallName; off: CallName; subject: string }>;

/** The call that registers for `event`; it answers `{ callbackID }`. */
export function registration(event: EventDefinition, subject: object | undefined): { name: CallName; args: object } {
  const { on, subject: field } = PROCEDURES[event.kind];
  // QEMU's monitor events have names instead of numbers; none is asked for, so all come.
  const which = event.kind === "qemu" ? { event: null } : { eventID: event.id };
  return { name: on, args: { ...which, [field]: subject ?? null } };
}

export function deregistration(event: EventDefinition): CallName {
  return PROCEDURES[event.kind].off;
}

/** What tells one subject from another: its UUID, or the name of a device. */
export function subjectKey(subject: { uuid?: Uint8Array; name?: string } | undefined): string {
  if (!subject) return "*";
  return subject.uuid ? uuidToString(subject.uuid) : (subject.name ?? "");
}
