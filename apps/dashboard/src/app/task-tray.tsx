import { TaskService, type Task } from "@limiquantix/api";
import { useMemo } from "react";
import { useClient, useConnection } from "../api/context.tsx";
import { blockedBy, useCan } from "../api/use-can.ts";
import { newKey, useAction } from "../api/use-action.tsx";
import { useRows } from "../live/use-collection.ts";
import { strings } from "../strings/index.ts";
import type { OnDemandProps } from "../ui/on-demand.tsx";
import { TaskLine } from "../ui/task-line.tsx";
import { HeaderPanel } from "./header-panel.tsx";
import { headerButton } from "./header-button.ts";
import { isRunning, TaskTrayFace, trayLabel, useRunning } from "./task-tray-button.tsx";

const newest = 12;
/** As many as the server checks in one call: of the rest it is told when one tries. */
const mostChecked = 500;

/** What is being done, as it goes on; with what ended lately, and why when it failed. */
export function TaskTray({ focused, opened }: OnDemandProps) {
  const running = useRunning();
  const { inventory } = useConnection();
  const rows = useRows(inventory.task);
  const s = strings.shell.tasks;
  const shown = useMemo(() => {
    const ended = rows.filter((task) => !isRunning(task)).toSorted(newestFirst);
    return [...running.toSorted(newestFirst), ...ended].slice(0, Math.max(newest, running.length));
  }, [rows, running]);
  const checks = useMemo(
    () =>
      running
        .filter(({ cancellable }) => cancellable)
        .slice(0, mostChecked)
        .map(({ id }) => ({ privilege: "task.cancel" as const, object: { kind: "task", id } })),
    [running],
  );
  const permissions = useCan(checks);
  const blocked = new Map(checks.map(({ object }, i) => [object.id, blockedBy(permissions[i])]));
  return (
    <HeaderPanel
      {...{ focused, opened }}
      title={s.title}
      label={trayLabel(running.length)}
      className={headerButton}
      face={<TaskTrayFace running={running.length} />}
      all={{ to: "/tasks", label: s.all }}
    >
      <ul>
        {shown.map((task) => (
          <li key={task.id} className="border-b border-line/60 px-4 py-2.5 last:border-0">
            <TaskLine task={task} action={<CancelTask task={task} blocked={blocked.get(task.id)} />} />
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className="px-4 py-6 text-center text-muted">{s.none}</p>}
    </HeaderPanel>
  );
}

function CancelTask({ task, blocked }: { task: Task; blocked: string | undefined }) {
  const client = useClient(TaskService);
  const cancel = useAction(() => client.cancelTask({ id: task.id, idempotencyKey: newKey() }));
  if (!task.cancellable || !isRunning(task)) return null;
  if (task.cancelRequested) return <span className="text-muted">{strings.shell.tasks.cancelling}</span>;
  return (
    <button
      type="button"
      className="text-accent hover:underline aria-disabled:cursor-not-allowed aria-disabled:text-muted aria-disabled:no-underline"
      title={blocked}
      aria-disabled={blocked !== undefined || undefined}
      disabled={cancel.busy}
      onClick={() => blocked === undefined && void cancel.run()}
    >
      {strings.shell.tasks.cancel}
    </button>
  );
}

/** Ids are in the order of time (UUIDv7). */
function newestFirst(a: Task, b: Task): number {
  return a.id < b.id ? 1 : -1;
}
