import { timestampMs, type Timestamp } from "@bufbuild/protobuf/wkt";
import { AuditRecord_Outcome, invalid, type AuditRecord, type ListAuditRequest } from "@limiquantix/api";
import type { Database, PageQuery } from "../store/database.ts";
import { accessRuleOf } from "./methods.ts";
import { auditHeads, auditId, auditLog, chainHeadId } from "./tables.ts";

const defaultSize = 50;
const chunk = 500;
/** Records looked at for one page: where few match, a page is short and the next token goes on behind them. */
const maxLooked = 5_000;
/** Records are in the order of their commits, and by so much not in that of their times. */
const disorderMs = 600_000;

/** Newest first. `next` is where an older page begins, empty at the end. */
export async function findAudit(
  db: Database,
  query: Omit<ListAuditRequest, "$typeName">,
): Promise<{ records: AuditRecord[]; next: string }> {
  const { pageToken, since, until } = query;
  if (pageToken && !/^\d{20}$/.test(pageToken)) {
    throw invalid([{ field: "pageToken", message: "is not one that a list answered" }]);
  }
  const where = indexFor(query);
  const matches = matcher(query);
  const size = query.pageSize || defaultSize;
  const oldest = since ? timestampMs(since) - disorderMs : Number.NEGATIVE_INFINITY;
  let after = pageToken || (until && !where ? await idAt(db, timestampMs(until) + disorderMs) : "");
  const records: AuditRecord[] = [];
  for (let looked = 0; looked < maxLooked;) {
    const page: PageQuery = { limit: chunk, reverse: true };
    if (where) page.where = where;
    if (after) page.after = after;
    const rows = await db.page(auditLog, page);
    for (const row of rows) {
      if (msOf(row.at) < oldest) return { records, next: "" };
      if (matches(row)) {
        if (records.length === size) return { records, next: after };
        records.push(row);
      }
      after = row.id;
    }
    if (rows.length < chunk) return { records, next: "" };
    looked += rows.length;
  }
  return { records, next: after };
}

/** Oldest first, from `since` until `until`. */
export async function* exportAudit(
  db: Database,
  { since, until }: { since?: Timestamp | undefined; until?: Timestamp | undefined },
): AsyncGenerator<AuditRecord, undefined> {
  const [from, to] = [since ? timestampMs(since) : 0, until ? timestampMs(until) : Number.POSITIVE_INFINITY];
  const first = since ? BigInt((await idAt(db, from - disorderMs)) || auditId(1n)) : 1n;
  for (let after = auditId(first > 0n ? first - 1n : 0n); ;) {
    const rows = await db.page(auditLog, { after, limit: chunk });
    for (const row of rows) {
      const at = msOf(row.at);
      if (at > to + disorderMs) return;
      if (at >= from && at < to) yield row;
      after = row.id;
    }
    if (rows.length < chunk) return;
  }
}

/** The id of the first record that is as young, or one behind the last; empty where there is none. */
async function idAt(db: Database, ms: number): Promise<string> {
  const head = db.find(auditHeads, chainHeadId);
  if (!head) return "";
  let [low, high] = [1n, head.sequence + 1n];
  while (low < high) {
    const middle = (low + high) / 2n;
    const [record] = await db.page(auditLog, { after: auditId(middle - 1n), limit: 1 });
    if (record && msOf(record.at) < ms) low = middle + 1n;
    else high = middle;
  }
  return auditId(low);
}

function indexFor({ actorId, objectId, method }: Omit<ListAuditRequest, "$typeName">): PageQuery["where"] {
  if (objectId) return { index: "object", value: objectId };
  if (actorId) return { index: "actor", value: actorId };
  return accessRuleOf(method) ? { index: "method", value: method } : undefined;
}

function matcher(query: Omit<ListAuditRequest, "$typeName">): (record: AuditRecord) => boolean {
  const { actorId, objectId, projectId, address, outcome } = query;
  const [method, search] = [query.method.toLowerCase(), query.search.toLowerCase()];
  const from = query.since ? timestampMs(query.since) : Number.NEGATIVE_INFINITY;
  const to = query.until ? timestampMs(query.until) : Number.POSITIVE_INFINITY;
  return (record) => {
    const at = msOf(record.at);
    if (at < from || at >= to) return false;
    if (actorId && record.actorId !== actorId) return false;
    if (objectId && record.object?.id !== objectId) return false;
    if (projectId && record.projectId !== projectId) return false;
    if (address && record.address !== address) return false;
    if (outcome !== AuditRecord_Outcome.UNKNOWN && record.outcome !== outcome) return false;
    if (method && !record.method.toLowerCase().includes(method)) return false;
    return !search || textsOf(record).some((text) => text.toLowerCase().includes(search));
  };
}

function textsOf(record: AuditRecord): string[] {
  const { actorName, object, message, reason, requestId, changes } = record;
  const changed = changes.flatMap((change) => [change.object?.name ?? "", change.field, change.before, change.after]);
  return [actorName, object?.name ?? "", object?.id ?? "", message, reason, requestId, ...changed];
}

function msOf(at: Timestamp | undefined): number {
  return at ? timestampMs(at) : 0;
}
