import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { ExportAuditResponseSchema, ListAuditResponseSchema, type AuditService } from "@limiquantix/api";
import type { Database } from "../store/database.ts";
import type { AuditLog } from "./audit-log.ts";
import { exportLine } from "./canonical.ts";
import { exportAudit, findAudit } from "./find-audit.ts";
import { verifyChain } from "./verify.ts";

/** Characters of one message of an export, about. */
const chunk = 65_536;

export function auditService({ db, audit }: { db: Database; audit: AuditLog }) {
  return {
    async listAudit(request) {
      await audit.settled();
      const { records, next } = await findAudit(db, request);
      return create(ListAuditResponseSchema, { records, nextPageToken: next });
    },
    async *exportAudit(request, { signal }) {
      await audit.settled();
      let jsonLines = "";
      for await (const record of exportAudit(db, request)) {
        signal.throwIfAborted();
        jsonLines += `${exportLine(record)}\n`;
        if (jsonLines.length < chunk) continue;
        yield create(ExportAuditResponseSchema, { jsonLines });
        jsonLines = "";
      }
      if (jsonLines) yield create(ExportAuditResponseSchema, { jsonLines });
    },
    async verifyAudit({ knownId, knownHash }, { signal }) {
      await audit.settled();
      return verifyChain(db, { id: knownId, hash: knownHash }, signal);
    },
  } satisfies ServiceImpl<typeof AuditService>;
}
