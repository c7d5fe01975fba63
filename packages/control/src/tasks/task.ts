import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  Task_State,
  TaskErrorSchema,
  TaskSchema,
  TaskStepSchema,
  type Problem,
  type Task,
  type TaskError,
} from "@limiquantix/api";
import { newId, type Clock } from "@limiquantix/kit";
import type { Subject } from "../events/event.ts";
import type { Call } from "../rpc/call.ts";
import type { Transaction } from "../store/database.ts";
import { tasks } from "../tables.ts";

export interface OpenTask {
  clock: Clock;
  /** Undefined: the control plane itself wants it. */
  call: Call | undefined;
  /** noun.verb: vm.create. */
  kind: string;
  target: Subject;
  /** The generation of the target that the task waits for; 0 where there is none. */
  generation?: bigint;
  /** Names of its steps, in order; more may appear while it runs. */
  steps?: string[];
  cancellable?: boolean;
  /** What of the target it is about; such a task waits for no generation. */
  subjectId?: string;
}

/** Inserts a task that waits for its turn and answers it. */
export function openTask(tx: Transaction, options: OpenTask): Task {
  const { kind, id, name, projectId = "" } = options.target;
  const task = create(TaskSchema, {
    id: newId(),
    kind: options.kind,
    projectId,
    target: { kind, id, name },
    state: Task_State.QUEUED,
    steps: (options.steps ?? []).map((name) => create(TaskStepSchema, { name, state: Task_State.QUEUED })),
    cancellable: options.cancellable ?? false,
    createdBy: nameOf(options.call),
    createdAt: timestampFromMs(options.clock.now()),
    targetGeneration: options.generation ?? 0n,
    subjectId: options.subjectId ?? "",
  });
  tx.insert(tasks, task);
  return task;
}

/** Who is named as the cause of a task or an event. */
export function nameOf(call: Call | undefined): string {
  return call?.principal.name ?? "system";
}

export function isOpen(task: Task): boolean {
  return task.state === Task_State.QUEUED || task.state === Task_State.RUNNING;
}

/** The tasks on an object itself, or on this part of it, that have not ended. */
export function openTasksOf(tx: Pick<Transaction, "by">, targetId: string, subjectId = ""): Task[] {
  return tx.by(tasks, "target", targetId).filter((task) => isOpen(task) && task.subjectId === subjectId);
}

export type TaskEnd =
  | { state: "SUCCEEDED" }
  | { state: "FAILED"; problem: Problem }
  | { state: "CANCELLED"; problem: Problem };

/** Ends a task; one that has ended already stays as it is. */
export function endTask(tx: Transaction, clock: Clock, id: string, end: TaskEnd): void {
  const found = tx.find(tasks, id);
  if (!found || !isOpen(found)) return;
  const now = timestampFromMs(clock.now());
  const state = Task_State[end.state];
  tx.update(tasks, id, (task) => {
    task.state = state;
    task.startedAt ??= now;
    task.finishedAt = now;
    task.cancellable = false;
    if (end.state === "SUCCEEDED") {
      task.percent = 100;
      for (const step of task.steps) finishStep(step, Task_State.SUCCEEDED);
    } else {
      task.error = errorOf(end.problem);
      for (const step of task.steps) if (step.state === Task_State.RUNNING) finishStep(step, state);
    }
  });
}

function finishStep(step: Task["steps"][number], state: Task_State): void {
  if (step.state === Task_State.SUCCEEDED) return;
  step.state = state;
  if (state === Task_State.SUCCEEDED) step.percent = 100;
}

function errorOf(problem: Problem): TaskError {
  return create(TaskErrorSchema, { reason: problem.reason, message: problem.message, tryThis: problem.tryThis });
}

export interface TaskProgress {
  /** The step that runs now; those before it are done. A step that the task has not yet is added. */
  step: string;
  /** 0 to 100, of the step. */
  stepPercent?: number;
  /** 0 to 100, of the whole; it never goes back. */
  percent?: number;
  /** What happens, or what is waited for. */
  message?: string;
}

/** Writes progress into a copy of a task that is open. Pure but for `task`. */
export function progressTask(task: Task, now: number, progress: TaskProgress): void {
  task.state = Task_State.RUNNING;
  task.startedAt ??= timestampFromMs(now);
  task.percent = Math.max(task.percent, Math.min(99, Math.floor(progress.percent ?? 0)));
  let at = task.steps.findIndex((step) => step.name === progress.step);
  if (at < 0) at = task.steps.push(create(TaskStepSchema, { name: progress.step })) - 1;
  for (const [i, step] of task.steps.entries()) {
    if (i < at) finishStep(step, Task_State.SUCCEEDED);
    if (i !== at) continue;
    step.state = Task_State.RUNNING;
    step.percent = progress.stepPercent ?? step.percent;
    step.message = progress.message ?? "";
  }
}
