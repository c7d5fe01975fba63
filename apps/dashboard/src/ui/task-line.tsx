import { Task_State, type Task } from "@limiquantix/api";
import type { ReactNode } from "react";
import { Ago } from "./time.tsx";

const words: Record<Task_State, string> = {
  [Task_State.UNKNOWN]: "Unknown",
  [Task_State.QUEUED]: "Waiting",
  [Task_State.RUNNING]: "Running",
  [Task_State.SUCCEEDED]: "Done",
  [Task_State.FAILED]: "Failed",
  [Task_State.CANCELLED]: "Cancelled",
};

/** One task: what it does to what, how far it is, and why it failed. */
export function TaskLine({ task, action }: { task: Task; action?: ReactNode }) {
  const step = task.steps.find(({ state }) => state === Task_State.RUNNING);
  const running = task.state === Task_State.RUNNING || task.state === Task_State.QUEUED;
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-baseline gap-2">
        <span className="min-w-0 grow truncate">
          <span className="font-medium">{taskTitle(task)}</span> <span className="text-muted">{task.target?.name}</span>
        </span>
        {action}
        <span className={task.state === Task_State.FAILED ? "text-bad" : "text-muted"}>
          {running && task.percent > 0 ? `${task.percent} %` : words[task.state]}
        </span>
      </div>
      {running && (
        <div
          role="progressbar"
          aria-label={taskTitle(task)}
          aria-valuenow={task.percent}
          aria-valuemin={0}
          aria-valuemax={100}
          className="h-1 overflow-hidden rounded bg-hover"
        >
          <div className="h-full bg-accent transition-[width]" style={{ width: `${Math.max(3, task.percent)}%` }} />
        </div>
      )}
      <div className="flex gap-2 text-muted">
        <span className="min-w-0 grow truncate">
          {running ? [step?.name, step?.message].filter(Boolean).join(": ") : task.createdBy}
        </span>
        <Ago at={task.finishedAt ?? task.createdAt} />
      </div>
      {task.error && (
        <p className="text-bad">
          {task.error.message} <span className="text-muted">{task.error.tryThis}</span>
        </p>
      )}
    </div>
  );
}

/** vm.create → "Create VM"; the object's name stands beside it. */
export function taskTitle({ kind }: Pick<Task, "kind">): string {
  const [noun = "", verb = kind] = kind.split(".");
  const word = noun === "vm" ? "VM" : noun === "node" ? "host" : noun;
  return `${verb.charAt(0).toUpperCase()}${verb.slice(1).replaceAll(/[_-]/g, " ")} ${word}`;
}
