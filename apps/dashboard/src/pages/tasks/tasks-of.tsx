import { TaskService } from "@limiquantix/api";
import { ListChecks } from "lucide-react";
import { useMemo } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { usePages } from "../../api/use-pages.ts";
import { useSearchValue } from "../../app/search.ts";
import { useRows } from "../../live/use-collection.ts";
import { Older } from "../../ui/older.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { TaskLine } from "../../ui/task-line.tsx";
import { TaskPanel } from "./task-panel.tsx";

/** What is being done to one object and what was; one of them in full, beside the list. */
export function TasksOf({ id, none }: { id: string; none: string }) {
  const client = useClient(TaskService);
  const { inventory } = useConnection();
  const live = useRows(inventory.task);
  const [chosen, setChosen] = useSearchValue("task");
  const older = usePages(`tasks ${id}`, async (pageToken, signal) => {
    const answer = await client.listTasks({ targetId: id, pageSize: 50, pageToken }, { signal });
    return { rows: answer.tasks, nextPageToken: answer.nextPageToken };
  });
  const shown = useMemo(() => {
    const byId = new Map((older.rows ?? []).map((task) => [task.id, task]));
    for (const task of live) if (task.target?.id === id) byId.set(task.id, task);
    return [...byId.values()].toSorted((a, b) => (a.id < b.id ? 1 : -1));
  }, [live, older.rows, id]);
  if (shown.length === 0) {
    if (older.problem) return <QueryProblem problem={older.problem} retry={older.reload} />;
    if (!older.rows) return <SkeletonRows />;
    return <Empty icon={<ListChecks size={32} />} title={none} />;
  }
  return (
    <div className="flex h-full min-h-0">
      <div className="min-w-0 grow overflow-y-auto">
        <ul>
          {shown.map((task) => (
            <li key={task.id} className="border-b border-line/60">
              <button
                type="button"
                aria-current={task.id === chosen || undefined}
                className="block w-full px-4 py-2.5 text-left outline-offset-[-2px] hover:bg-hover aria-[current]:bg-accent-soft"
                onClick={() => setChosen(task.id === chosen ? "" : task.id)}
              >
                <TaskLine task={task} />
              </button>
            </li>
          ))}
        </ul>
        <Older pages={older} />
      </div>
      {chosen && <TaskPanel id={chosen} known={shown.find(({ id }) => id === chosen)} onClose={() => setChosen("")} />}
    </div>
  );
}
