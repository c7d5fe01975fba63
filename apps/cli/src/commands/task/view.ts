import { Task_State, TaskSchema, type Task } from "@limiquantix/api";
import { paintState, type Paint } from "../../output/paint.ts";
import type { ListView } from "../../output/print.ts";
import { printable, renderFields } from "../../output/table.ts";
import { age, moment } from "../../output/times.ts";
import { renderTask } from "../../tasks/render.ts";

export function taskListView(paint: Paint): ListView<typeof TaskSchema> {
  return {
    schema: TaskSchema,
    empty: "no tasks",
    columns: [
      { header: "ID", value: (task) => task.id },
      { header: "KIND", value: (task) => task.kind },
      { header: "TARGET", value: targetOf },
      { header: "STATE", value: (task) => Task_State[task.state] ?? "", paint: (text) => paintState(paint, text) },
      { header: "%", value: (task) => String(task.percent), right: true },
      { header: "BY", value: (task) => task.createdBy },
      { header: "AGE", value: (task) => age(task.createdAt), right: true },
      { header: "CAUSE", value: (task) => task.error?.message ?? "" },
    ],
  };
}

export function describeTask(task: Task, paint: Paint): string[] {
  return [
    ...renderFields([
      ["Id", task.id],
      ["Kind", task.kind],
      ["Target", `${targetOf(task)} (${task.target?.kind ?? ""} ${task.target?.id ?? ""})`],
      ["State", `${Task_State[task.state] ?? ""}, ${task.percent} %${task.cancelRequested ? ", asked to stop" : ""}`],
      ["Cause", task.error?.message ?? ""],
      ["Try this", task.error?.tryThis ?? ""],
      ["By", task.createdBy],
      ["Asked for", moment(task.createdAt)],
      ["Started", moment(task.startedAt)],
      ["Ended", moment(task.finishedAt)],
    ]),
    ...renderTask(task, 0, paint).slice(1),
    ...task.log.map((line) => printable(line)),
  ];
}

function targetOf(task: Task): string {
  return task.target?.name || task.target?.id || "";
}
