import { EventService } from "@limiquantix/api";
import { Activity } from "lucide-react";
import { useMemo } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { usePages } from "../../api/use-pages.ts";
import { useRows } from "../../live/use-collection.ts";
import { EventLine } from "../../ui/event-line.tsx";
import { Older } from "../../ui/older.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";

/** What happened to one object: the newest as it happens, older ones by pages. */
export function EventsOf({ id, none }: { id: string; none: string }) {
  const client = useClient(EventService);
  const { inventory } = useConnection();
  const live = useRows(inventory.event);
  const older = usePages(`events ${id}`, async (pageToken, signal) => {
    const answer = await client.listEvents({ subjectId: id, pageSize: 50, pageToken }, { signal });
    return { rows: answer.events, nextPageToken: answer.nextPageToken };
  });
  const shown = useMemo(() => {
    const byId = new Map((older.rows ?? []).map((event) => [event.id, event]));
    for (const event of live) if (event.subject?.id === id) byId.set(event.id, event);
    // Ids are in the order of time (UUIDv7).
    return [...byId.values()].toSorted((a, b) => (a.id < b.id ? 1 : -1));
  }, [live, older.rows, id]);
  if (shown.length === 0) {
    if (older.problem) return <QueryProblem problem={older.problem} retry={older.reload} />;
    if (!older.rows) return <SkeletonRows />;
    return <Empty icon={<Activity size={32} />} title={none} />;
  }
  return (
    <>
      <ul className="px-4 py-2">
        {shown.map((event) => (
          <li key={event.id} className="border-b border-line/60 py-1 last:border-0">
            <EventLine event={event} />
          </li>
        ))}
      </ul>
      <Older pages={older} />
    </>
  );
}
