export { AuditLog } from "./audit-log.ts";
export { exportLine } from "./canonical.ts";
export { auditedTransaction } from "./recording.ts";
export { auditService } from "./service.ts";
export type { AuditSink } from "./sink.ts";
