import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Event_Severity, Task_State, type Event, type Task } from "@limiquantix/api";

/** Something that happened and that somebody may want to know without having looked. */
export type Notification = { id: string; atMs: number } & (
  | { kind: "task"; task: Task }
  | { kind: "event"; event: Event }
);

const [most, longMs] = [50, 10_000];

/**
 * What happened lately, the newest first: tasks that failed, whoever began them; long ones of `user` that are done; and
 * events that are a warning or worse. What a failed task says itself is not told again by its event. Pure.
 */
export function notificationsOf(
  { tasks, events }: { tasks: readonly Task[]; events: readonly Event[] },
  user: string | undefined,
): Notification[] {
  const told = tasks.filter((task) => task.state === Task_State.FAILED || isLongOwn(task, user));
  const failed = new Set(told.filter(({ state }) => state === Task_State.FAILED).map(({ id }) => id));
  return [
    ...told.map((task): Notification => ({ id: task.id, atMs: endOf(task), kind: "task", task })),
    ...events
      .filter(({ severity, taskId }) => severity >= Event_Severity.WARNING && !failed.has(taskId))
      .map((event): Notification => {
        const atMs = event.createdAt ? timestampMs(event.createdAt) : 0;
        return { id: event.id, atMs, kind: "event", event };
      }),
  ]
    .toSorted((a, b) => b.atMs - a.atMs || (a.id < b.id ? 1 : -1))
    .slice(0, most);
}

function isLongOwn(task: Task, user: string | undefined): boolean {
  if (task.state !== Task_State.SUCCEEDED || user === undefined || task.createdBy !== user) return false;
  return task.createdAt !== undefined && endOf(task) - timestampMs(task.createdAt) >= longMs;
}

function endOf({ finishedAt, createdAt }: Task): number {
  const at = finishedAt ?? createdAt;
  return at ? timestampMs(at) : 0;
}
