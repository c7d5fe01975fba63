import { timestampDate, type Timestamp } from "@bufbuild/protobuf/wkt";
import { useSyncExternalStore } from "react";

const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" });

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
];

/** One clock for the page, not a timer for each cell. */
const ticks = new Set<() => void>();
let now = Date.now();
setInterval(() => {
  now = Date.now();
  for (const tick of Array.from(ticks)) tick();
}, 5000);

function subscribe(tick: () => void): () => void {
  ticks.add(tick);
  return () => ticks.delete(tick);
}

/** Milliseconds since 1970, again every five seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** "3 min ago"; the exact time, in the reader's own zone, under the pointer. */
export function Ago({ at }: { at: Timestamp | undefined }) {
  const current = useNow();
  if (!at) return null;
  const date = timestampDate(at);
  return (
    <time dateTime={date.toISOString()} title={absolute.format(date)} className="whitespace-nowrap">
      {ago(date.getTime(), current)}
    </time>
  );
}

export function At({ at }: { at: Timestamp | undefined }) {
  if (!at) return null;
  const date = timestampDate(at);
  return (
    <time dateTime={date.toISOString()} className="whitespace-nowrap tabular-nums">
      {absolute.format(date)}
    </time>
  );
}

function ago(then: number, current: number): string {
  const difference = then - current;
  for (const [unit, ms] of units) {
    if (Math.abs(difference) >= ms) return relative.format(Math.round(difference / ms), unit);
  }
  return "now";
}
