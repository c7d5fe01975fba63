import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Event_Severity, Task_State, type Event, type Task } from "@limiquantix/api";

/** Something that happened and that somebody may want to know without having looked. */
export type Notification = { id: string; atMs: number } & (
  | { kind: "task"; task: Task }
  /** `vms`: how many of its VMs a host took with it. */
  | { kind: "event"; event: Event; vms: number }
);

const [most, longMs, togetherMs] = [50, 10_000, 60_000];

/**
 * What happened lately, the newest first: tasks that failed, whoever began them; long ones of `user` that are done; and
 * events that are a warning or worse. What a failed task says itself is not told again by its event, and what befell a
 * host not again for each of its VMs. Pure.
 */
export function notificationsOf(
  { tasks, events }: { tasks: readonly Task[]; events: readonly Event[] },
  user: string | undefined,
): Notification[] {
  const told = tasks.filter((task) => task.state === Task_State.FAILED || isLongOwn(task, user));
  const failed = new Set(told.filter(({ state }) => state === Task_State.FAILED).map(({ id }) => id));
  return [
    ...told.map((task): Notification => ({ id: task.id, atMs: endOf(task), kind: "task", task })),
    ...withTheirHosts(
      events.filter(({ severity, taskId }) => severity >= Event_Severity.WARNING && !failed.has(taskId)),
    ).map(({ event, vms }): Notification => ({ id: event.id, atMs: timeOf(event), kind: "event", event, vms })),
  ]
    .toSorted((a, b) => b.atMs - a.atMs || (a.id < b.id ? 1 : -1))
    .slice(0, most);
}

function withTheirHosts(events: readonly Event[]): { event: Event; vms: number }[] {
  const hosts = events.filter(({ subject }) => subject?.kind === "node").map((event) => ({ event, vms: 0 }));
  const others = events.filter((event) => {
    if (event.subject?.kind === "node") return false;
    // A VM that crashed by itself is an error and stands for itself.
    const isWarning = event.subject?.kind === "vm" && event.severity === Event_Severity.WARNING;
    const cause = hosts.find(
      (host) => host.event.subject?.id === event.nodeId && Math.abs(timeOf(host.event) - timeOf(event)) <= togetherMs,
    );
    if (!isWarning || !cause) return true;
    cause.vms++;
    return false;
  });
  return [...hosts, ...others.map((event) => ({ event, vms: 0 }))];
}

function timeOf({ createdAt }: Event): number {
  return createdAt ? timestampMs(createdAt) : 0;
}

function isLongOwn(task: Task, user: string | undefined): boolean {
  if (task.state !== Task_State.SUCCEEDED || user === undefined || task.createdBy !== user) return false;
  return task.createdAt !== undefined && endOf(task) - timestampMs(task.createdAt) >= longMs;
}

function endOf({ finishedAt, createdAt }: Task): number {
  const at = finishedAt ?? createdAt;
  return at ? timestampMs(at) : 0;
}
