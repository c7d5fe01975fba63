import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Event, Event_Severity } from "@limiquantix/api";
import type { Database } from "../store/database.ts";
import { events } from "../tables.ts";

export interface EventQuery {
  subjectId?: string;
  type?: string;
  severities?: readonly Event_Severity[];
  since?: Timestamp | undefined;
  /** 50 unless told. */
  limit?: number;
  /** Behind this event, that is: older. */
  after?: string;
  /** Which the caller may see; all unless told. */
  visible?: ((event: Event) => boolean) | undefined;
}

const defaultLimit = 50;
/** Rows read at a time where a filter drops some of them. */
const chunk = 200;
/** Rows read for one answer: who may see few of many gets short pages, and goes on behind them. */
const mostRead = 10_000;

/** Newest first; `next` is where an older page begins, empty at the end. A page may be short before the end. */
export async function findEvents(db: Database, query: EventQuery): Promise<{ events: Event[]; next: string }> {
  const limit = query.limit || defaultLimit;
  const sinceMs = query.since ? timestampMs(query.since) : 0;
  const severities = new Set(query.severities);
  const where = query.subjectId
    ? { index: "subject", value: query.subjectId }
    : query.type
      ? { index: "type", value: query.type }
      : undefined;
  const found: Event[] = [];
  let after = query.after ?? "";
  for (let read = 0; ;) {
    const page = {
      limit: Math.max(chunk, limit + 1),
      reverse: true,
      ...(where ? { where } : {}),
      ...(after ? { after } : {}),
    };
    const rows = await db.page(events, page);
    for (const row of rows) {
      after = row.id;
      // Ids are in the order of time: everything from here on is older still.
      if (row.createdAt && timestampMs(row.createdAt) < sinceMs) return { events: found, next: "" };
      if ((query.type && row.type !== query.type) || (severities.size > 0 && !severities.has(row.severity))) continue;
      if (query.visible && !query.visible(row)) continue;
      if (found.length === limit) return { events: found, next: found.at(-1)?.id ?? "" };
      found.push(row);
    }
    if (rows.length < page.limit) return { events: found, next: "" };
    read += rows.length;
    if (read >= mostRead) return { events: found, next: after };
  }
}
