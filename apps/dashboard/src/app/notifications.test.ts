import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Event_Severity, EventSchema, Task_State, TaskSchema, type Event, type Task } from "@limiquantix/api";
import { expect, test } from "vitest";
import { notificationsOf } from "./notifications.ts";

function task(id: string, state: Task_State, options: { by?: string; from?: number; to?: number } = {}): Task {
  const { by = "ada", from = 0, to = 1000 } = options;
  const [createdAt, finishedAt] = [timestampFromMs(from), timestampFromMs(to)];
  return create(TaskSchema, { id, state, createdBy: by, createdAt, finishedAt });
}

function event(id: string, severity: Event_Severity, options: { at?: number; taskId?: string } = {}): Event {
  const { at = 0, taskId = "" } = options;
  return create(EventSchema, { id, severity, taskId, createdAt: timestampFromMs(at) });
}

const ids = (tasks: Task[], events: Event[] = [], user?: string) =>
  notificationsOf({ tasks, events }, user).map(({ id }) => id);

test("tasks that failed are told whoever began them, running and short ones not", () => {
  const { FAILED, RUNNING, SUCCEEDED, CANCELLED } = Task_State;
  const tasks = [
    task("a", FAILED, { by: "bob" }),
    task("b", RUNNING),
    task("c", SUCCEEDED, { to: 9999 }),
    task("d", CANCELLED),
  ];
  expect(ids(tasks, [], "ada")).toEqual(["a"]);
});

test("one's own work is told when it took a while, others' is not", () => {
  const done = Task_State.SUCCEEDED;
  const tasks = [task("mine", done, { to: 10_000 }), task("theirs", done, { by: "bob", to: 60_000 })];
  expect(ids(tasks, [], "ada")).toEqual(["mine"]);
  expect(ids(tasks)).toEqual([]);
});

test("events are told from a warning on, and not again for a task that failed", () => {
  const { INFO, WARNING, ERROR, CRITICAL } = Event_Severity;
  const events = [
    event("info", INFO),
    event("warning", WARNING, { at: 1 }),
    event("again", ERROR, { taskId: "t" }),
    event("critical", CRITICAL, { at: 3 }),
  ];
  expect(ids([task("t", Task_State.FAILED, { to: 2 })], events)).toEqual(["critical", "t", "warning"]);
});

test("a host that is lost is told once, with how many VMs it took along", () => {
  const about = (id: string, kind: string, at: number, severity = Event_Severity.WARNING) => {
    const subject = { kind, id: kind === "node" ? "h1" : id, name: id };
    return create(EventSchema, { id, severity, nodeId: "h1", subject, createdAt: timestampFromMs(at) });
  };
  const events = [
    about("host", "node", 2000),
    about("vm1", "vm", 1000),
    about("vm2", "vm", 3000),
    about("crashed", "vm", 3000, Event_Severity.ERROR),
    about("later", "vm", 200_000),
  ];
  const told = notificationsOf({ tasks: [], events }, undefined);
  expect(told.map((one) => [one.id, one.kind === "event" && one.vms])).toEqual([
    ["later", 0],
    ["crashed", 0],
    ["host", 2],
  ]);
});

test("of very many the newest are shown", () => {
  const events = Array.from({ length: 200 }, (_, i) => event(String(i), Event_Severity.ERROR, { at: i }));
  const shown = ids([], events);
  expect(shown).toHaveLength(50);
  expect(shown[0]).toBe("199");
});
