import type { Task } from "@limiquantix/api";
import type { Terminal } from "../terminal/terminal.ts";
import { renderChanges, renderTask } from "./render.ts";

export interface Display extends Disposable {
  update(task: Task): void;
}

/** Shows tasks on standard error: redrawn in place on a terminal, a line for each change elsewhere. */
export function showTasks(terminal: Terminal): Display {
  return terminal.errors.isTTY ? liveDisplay(terminal) : plainDisplay(terminal);
}

/** For `-o json`: programs read the result, not the way there. */
export const noDisplay: Display = { update: () => {}, [Symbol.dispose]: () => {} };

function plainDisplay(terminal: Terminal): Display {
  const shown = new Map<string, Task>();
  return {
    update(task) {
      for (const line of renderChanges(shown.get(task.id), task)) terminal.errors.write(`${line}\n`);
      shown.set(task.id, task);
    },
    [Symbol.dispose]: () => {},
  };
}

function liveDisplay(terminal: Terminal): Display {
  const shown = new Map<string, Task>();
  let frame = 0;
  let drawn = 0;
  const draw = () => {
    const width = terminal.errors.columns ?? 80;
    const lines = [...shown.values()].flatMap((task) => renderTask(task, frame, terminal.paintErrors));
    const up = drawn > 0 ? `\u001b[${drawn}A` : "";
    // No wrapping: a line that breaks would make the next redraw start in the wrong place.
    const text = lines.map((line) => `\u001b[2K${clip(line, width)}\n`).join("");
    terminal.errors.write(`${up}\u001b[J${text}`);
    drawn = lines.length;
  };
  const timer = setInterval(() => {
    frame++;
    draw();
  }, 100);
  return {
    update(task) {
      shown.set(task.id, task);
      draw();
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      if (shown.size > 0) draw();
    },
  };
}

/** At most `width` visible characters; colour codes count for nothing. */
export function clip(line: string, width: number): string {
  let visible = 0;
  let result = "";
  // oxlint-disable-next-line no-control-regex -- the codes that styleText writes
  for (const [part] of line.matchAll(/\u001b\[[0-9;]*m|[\s\S]/gu)) {
    if (part.startsWith("\u001b")) result += part;
    else if (++visible < width) result += part;
  }
  return result;
}
