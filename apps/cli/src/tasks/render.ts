import { Task_State, type Task, type TaskStep } from "@limiquantix/api";
import type { Paint } from "../output/paint.ts";
import { printable } from "../output/table.ts";

export function isFinished(task: Task): boolean {
  return task.state === Task_State.SUCCEEDED || task.state === Task_State.FAILED || task.state === Task_State.CANCELLED;
}

export const spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;

/** A task with its steps, for a display that is drawn again and again. `frame` turns the spinner. */
export function renderTask(task: Task, frame: number, paint: Paint): string[] {
  const percent = task.state === Task_State.RUNNING && task.percent > 0 ? ` ${task.percent} %` : "";
  const longest = Math.max(0, ...task.steps.map((step) => step.name.length));
  return [
    `${mark(task.state, frame, paint)} ${paint.bold(title(task))}${percent}`,
    ...task.steps.map((step) => {
      const percentDone = step.state === Task_State.RUNNING && step.percent > 0 ? `${step.percent} %` : "";
      const note = printable([percentDone, step.message].filter(Boolean).join(" "));
      const text = `  ${mark(step.state, frame, paint)} ${step.name.padEnd(longest)}  ${note && paint.dim(note)}`;
      return text.trimEnd();
    }),
  ];
}

/** What is new since `before`, one line each, for where nothing can be redrawn. */
export function renderChanges(before: Task | undefined, now: Task): string[] {
  const lines: string[] = [];
  const known = new Map(before?.steps.map((step) => [step.name, step]));
  for (const step of now.steps) {
    const old = known.get(step.name);
    if (step.state === Task_State.QUEUED || step.state === Task_State.UNKNOWN) continue;
    if (old?.state === step.state && tenths(old) === tenths(step)) continue;
    lines.push(printable(`${title(now)}: ${step.name}: ${stepState(step)}`));
  }
  if (!before && lines.length === 0 && !isFinished(now)) {
    lines.push(printable(`${title(now)}: ${Task_State[now.state].toLowerCase()}`));
  }
  if (isFinished(now) && (!before || !isFinished(before))) {
    lines.push(
      printable(`${title(now)}: ${Task_State[now.state].toLowerCase()}${now.error ? `: ${now.error.message}` : ""}`),
    );
  }
  return lines;
}

export function title(task: Task): string {
  return `${task.kind} ${task.target?.name || task.target?.id || ""}`.trim();
}

function stepState(step: TaskStep): string {
  const percent = step.state === Task_State.RUNNING && step.percent > 0 ? ` ${step.percent} %` : "";
  const message = step.message ? ` (${step.message})` : "";
  return `${Task_State[step.state].toLowerCase()}${percent}${message}`;
}

/** Plain lines come at every tenth of the way, not at every percent. */
function tenths(step: TaskStep): number {
  return step.state === Task_State.RUNNING ? Math.floor(step.percent / 10) : 0;
}

function mark(state: Task_State, frame: number, paint: Paint): string {
  switch (state) {
    case Task_State.SUCCEEDED:
      return paint.green("✓");
    case Task_State.FAILED:
      return paint.red("✗");
    case Task_State.CANCELLED:
      return paint.yellow("–");
    case Task_State.RUNNING:
      return paint.cyan(spinner[frame % spinner.length] ?? "");
    default:
      return paint.dim("·");
  }
}
