import { fromConnectError, problem, Reason, UpdateType, type Task } from "@limiquantix/api";
import { backoffMs, sleep, systemClock } from "@limiquantix/kit";
import type { Session } from "../rpc/session.ts";
import { isFinished } from "./render.ts";

/** How often a watch that broke is opened again before the server counts as gone: about half a minute in all. */
const attempts = 12;

export interface FollowOptions {
  signal: AbortSignal;
  onChange: (task: Task) => void;
}

/**
 * Watches tasks until each is finished and answers them in the order asked for. A server that restarts meanwhile is
 * asked again: tasks live in its store. Throws when the signal is aborted; the tasks go on.
 */
export async function followTasks(session: Session, ids: readonly string[], options: FollowOptions): Promise<Task[]> {
  const seen = new Map<string, Task>();
  const open = () => ids.filter((id) => !isDone(seen.get(id)));
  let attempt = 0;
  while (open().length > 0) {
    try {
      for await (const { type, task } of session.tasks.watchTasks({ ids: open() }, { signal: options.signal })) {
        attempt = 0;
        if (!task || !ids.includes(task.id)) continue;
        if (type === UpdateType.DELETED) throw problem(Reason.NOT_FOUND, { kind: "task", id: task.id });
        seen.set(task.id, task);
        options.onChange(task);
        if (open().length === 0) break;
      }
    } catch (error) {
      options.signal.throwIfAborted();
      const why = fromConnectError(error, session.server);
      if (why.reason !== Reason.UNAVAILABLE || attempt >= attempts) throw why;
    }
    if (open().length === 0) break;
    attempt++;
    await sleep(systemClock, backoffMs(attempt, { baseMs: 200, maxMs: 5000 }), { signal: options.signal });
  }
  return ids.map((id) => seen.get(id) as Task);
}

function isDone(task: Task | undefined): boolean {
  return task !== undefined && isFinished(task);
}
