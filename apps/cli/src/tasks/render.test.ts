import { create } from "@bufbuild/protobuf";
import { Task_State, TaskErrorSchema, TaskSchema } from "@limiquantix/api";
import { expect, test } from "vitest";
import { createPaint } from "../output/paint.ts";
import { clip } from "./display.ts";
import { renderChanges, renderTask } from "./render.ts";

const paint = createPaint(false);

function task(state: Task_State, placed: Task_State, percent: number) {
  return create(TaskSchema, {
    kind: "vm.create",
    target: { name: "web" },
    state,
    percent: 40,
    steps: [
      { name: "place", state: placed, message: placed === Task_State.SUCCEEDED ? "on host-1" : "" },
      { name: "disks", state: placed === Task_State.SUCCEEDED ? Task_State.RUNNING : Task_State.QUEUED, percent },
    ],
  });
}

test("a task on a terminal", () => {
  expect(renderTask(task(Task_State.RUNNING, Task_State.SUCCEEDED, 30), 0, paint)).toEqual([
    "⠋ vm.create web 40 %",
    "  ✓ place  on host-1",
    "  ⠋ disks  30 %",
  ]);
});

test("elsewhere, a line for what is new", () => {
  const first = task(Task_State.RUNNING, Task_State.RUNNING, 0);
  const second = task(Task_State.RUNNING, Task_State.SUCCEEDED, 31);
  const third = task(Task_State.RUNNING, Task_State.SUCCEEDED, 32);
  expect(renderChanges(undefined, first)).toEqual(["vm.create web: place: running"]);
  expect(renderChanges(first, second)).toEqual([
    "vm.create web: place: succeeded (on host-1)",
    "vm.create web: disks: running 31 %",
  ]);
  expect(renderChanges(second, third)).toEqual([]);
  const queued = task(Task_State.QUEUED, Task_State.QUEUED, 0);
  expect(renderChanges(undefined, queued)).toEqual(["vm.create web: queued"]);
  const error = create(TaskErrorSchema, { message: "disk\u001b full" });
  const failed = create(TaskSchema, { ...third, state: Task_State.FAILED, error });
  expect(renderChanges(third, failed)).toEqual(["vm.create web: failed: disk· full"]);
});

test("a line is cut at the terminal's edge without cutting a colour code", () => {
  const red = createPaint(true).red("abcdef");
  expect(clip("abcdef", 4)).toBe("abc");
  expect(clip(red, 4)).toBe(createPaint(true).red("abc"));
});
