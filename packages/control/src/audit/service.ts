import type { ServiceImpl } from "@connectrpc/connect";
import type { AuditService } from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";

export function auditService(_parts: { db: Database; clock: Clock; log: Log }) {
  return {} satisfies Partial<ServiceImpl<typeof AuditService>>;
}
