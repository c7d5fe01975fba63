import type { Task } from "@limiquantix/api";

/** A task that was waited for did not succeed. Exit code 8. */
export class TaskFailed extends Error {
  readonly task: Task;

  constructor(task: Task) {
    super(task.error?.message || `task ${task.id} did not succeed`);
    this.name = "TaskFailed";
    this.task = task;
  }
}
