import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { ListEventsResponseSchema, type Event, type EventService } from "@limiquantix/api";
import type { Database } from "../store/database.ts";
import { events } from "../tables.ts";
import { watchTable } from "../watch/watch-table.ts";
import { callOf } from "../rpc/context.ts";
import { findEvents } from "./find-events.ts";

export function eventService({ db }: { db: Database }) {
  return {
    async listEvents(request, context) {
      const { access } = callOf(context);
      const visible = access.everywhere("event.view") ? undefined : access.sees("event", "event.view");
      const query = { ...request, limit: request.pageSize, after: request.pageToken, visible };
      const { events: found, next } = await findEvents(db, query);
      return create(ListEventsResponseSchema, { events: found, nextPageToken: next });
    },
    async *watchEvents({ subjectId, fromRevision }, context) {
      const { access, signal } = callOf(context);
      const visible = access.sees("event", "event.view");
      const matches = (event: Event) => !subjectId || event.subject?.id === subjectId;
      const options = { matches, from: Number(fromRevision), changesOnly: true, signal, access, visible };
      for await (const { row } of watchTable(db, events, options)) if (row) yield row;
    },
  } satisfies ServiceImpl<typeof EventService>;
}
