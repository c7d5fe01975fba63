import { strings } from "../strings/index.ts";
import { formatValue } from "./format.ts";
import type { Line } from "./lines.ts";

/** What a chart shows, in words. */
export function summaryOf(title: string, lines: readonly Line[], when: string): string {
  const words = strings.charts;
  const parts = lines.map(({ label, unit, values }) => {
    const measured = values.filter((value) => !Number.isNaN(value));
    if (measured.length === 0) return `${label}: ${words.summaryNone}`;
    const say = (value: number) => formatValue(value, unit);
    const mean = measured.reduce((sum, value) => sum + value, 0) / measured.length;
    const now = newest(values);
    return words.summaryPart(
      label,
      now === undefined ? words.notNow : say(now),
      say(Math.min(...measured)),
      say(mean),
      say(Math.max(...measured)),
    );
  });
  return words.summary(title, parts, when);
}

/** The last step, or the one before while it has not been measured; undefined: there is a gap. */
export function newest(values: readonly number[]): number | undefined {
  return values.slice(-3).findLast((value) => !Number.isNaN(value));
}
