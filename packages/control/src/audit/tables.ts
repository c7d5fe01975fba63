import { AuditRecordSchema } from "@limiquantix/api";
import { AuditHeadRowSchema, PendingAuditRowSchema } from "@limiquantix/api/rows";
import { table } from "../store/table.ts";

/** Records that were committed with what they tell of and are not in the chain yet. */
export const pendingAudit = table({ kind: "pending-audit", schema: PendingAuditRowSchema });

/** The chain; ids are sequence numbers. Rows are added by the sealer, and nothing changes or deletes them. */
export const auditLog = table({
  kind: "audit",
  schema: AuditRecordSchema,
  indexes: {
    actor: (record) => record.actorId || undefined,
    object: (record) => record.object?.id || undefined,
    method: (record) => record.method,
  },
  cached: false,
});

/** "audit" is the end of the chain; "sink/NAME" is how far it has been exported. */
export const auditHeads = table({ kind: "audit-head", schema: AuditHeadRowSchema });

export const chainHeadId = "audit";

/** Text of one length, so that order is order. */
export function auditId(sequence: bigint): string {
  return sequence.toString().padStart(20, "0");
}
