import { createContextKey } from "@connectrpc/connect";

/** What the audit log learns of a call while it runs. One for each call, made by the audit interceptor. */
export interface AuditEntry {
  /** The request, or the first message of a stream of them: it says what the call is about. */
  request: object | undefined;
  /** The record is committed, together with what the call did. */
  recorded: boolean;
  /** What there is to say of a call that succeeded and did nothing. */
  note: string;
}

export const auditKey = createContextKey<AuditEntry | undefined>(undefined, {
  description: "what the audit log learns of the call",
});

export function newAuditEntry(request?: object): AuditEntry {
  return { request, recorded: false, note: "" };
}
