import { NodeService, TaskService, type Event, type Task } from "@limiquantix/api";
import { useMemo } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { useQuery } from "../../api/use-query.ts";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { EventLine } from "../../ui/event-line.tsx";
import { Panel } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { SkeletonRows } from "../../ui/states.tsx";
import { TaskLine } from "../../ui/task-line.tsx";

const s = strings.nodes;
const most = 100;

/** A host's events and tasks: what was before, and what comes while one looks. */
export function NodeHistory({ id }: { id: string }) {
  return (
    <div className="grid gap-4 p-4 lg:grid-cols-2">
      <Events id={id} />
      <Tasks id={id} />
    </div>
  );
}

function Events({ id }: { id: string }) {
  const client = useClient(NodeService);
  const { inventory } = useConnection();
  const live = useRows(inventory.event);
  const before = useQuery(`events ${id}`, (signal) => client.listNodeEvents({ id, limit: most }, { signal }));
  const events = useMemo(
    () =>
      merge<Event>(
        before.data?.events,
        live.filter(({ subject, nodeId }) => subject?.id === id || nodeId === id),
      ),
    [before.data, live, id],
  );
  return (
    <Panel title={s.panels.events}>
      {events.length > 0 ? (
        <ul>
          {events.map((event) => (
            <li key={event.id}>
              <EventLine event={event} />
            </li>
          ))}
        </ul>
      ) : (
        <Nothing query={before} text={s.history.noEvents} />
      )}
    </Panel>
  );
}

function Tasks({ id }: { id: string }) {
  const client = useClient(TaskService);
  const { inventory } = useConnection();
  const live = useRows(inventory.task);
  const before = useQuery(`tasks ${id}`, (signal) => client.listTasks({ targetId: id, pageSize: most }, { signal }));
  const tasks = useMemo(
    () =>
      merge<Task>(
        before.data?.tasks,
        live.filter(({ target }) => target?.id === id),
      ),
    [before.data, live, id],
  );
  return (
    <Panel title={s.panels.tasks}>
      {tasks.length > 0 ? (
        <ul className="flex flex-col gap-3">
          {tasks.map((task) => (
            <li key={task.id}>
              <TaskLine task={task} />
            </li>
          ))}
        </ul>
      ) : (
        <Nothing query={before} text={s.history.noTasks} />
      )}
    </Panel>
  );
}

function Nothing({ query, text }: { query: ReturnType<typeof useQuery>; text: string }) {
  if (query.problem) return <QueryProblem problem={query.problem} retry={query.reload} />;
  if (query.loading) return <SkeletonRows rows={4} />;
  return <p className="text-muted">{text}</p>;
}

/** Newest first; what the stream tells is newer than what was asked for. Ids are in the order of time (UUIDv7). */
function merge<Row extends { id: string }>(asked: readonly Row[] = [], live: readonly Row[]): Row[] {
  const rows = new Map(asked.map((row) => [row.id, row]));
  for (const row of live) rows.set(row.id, row);
  return [...rows.values()].toSorted((a, b) => (a.id < b.id ? 1 : -1)).slice(0, most);
}
