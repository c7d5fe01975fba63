import { styleText } from "node:util";

export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/** Colours, or text as it is where there is no terminal or NO_COLOR is set. */
export function createPaint(enabled: boolean): Paint {
  const style = (format: "bold" | "dim" | "red" | "green" | "yellow" | "cyan") => (text: string) =>
    enabled ? styleText(format, text, { validateStream: false }) : text;
  return {
    bold: style("bold"),
    dim: style("dim"),
    red: style("red"),
    green: style("green"),
    yellow: style("yellow"),
    cyan: style("cyan"),
  };
}

const good = new Set(["RUNNING", "READY", "SUCCEEDED", "yes"]);
const bad = new Set(["CRASHED", "LOST", "ERROR", "FAILED", "OFFLINE", "CRITICAL", "NOT_READY", "DEGRADED", "no"]);
const quiet = new Set(["STOPPED", "CANCELLED", "UNKNOWN", "TERMINATED"]);

/** The colour of a state in any list: green works, red needs somebody, dim is at rest, yellow is on its way. */
export function paintState(paint: Paint, padded: string): string {
  const state = padded.trim();
  if (good.has(state)) return paint.green(padded);
  if (bad.has(state)) return paint.red(padded);
  if (quiet.has(state)) return paint.dim(padded);
  return state === "" || state === "INFO" ? padded : paint.yellow(padded);
}
