import { timestampDate, type Timestamp } from "@bufbuild/protobuf/wkt";
import { useSyncExternalStore } from "react";
import { ago, fromNow } from "./relative-time.ts";

const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

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

/** "3 min ago", of what has been; the exact time, in the reader's own zone, under the pointer. */
export function Ago({ at }: { at: Timestamp | undefined }) {
  return <Relative at={at} words={ago} />;
}

/** "in 3 hr", of what is still to come; or how long ago it was. */
export function Until({ at }: { at: Timestamp | undefined }) {
  return <Relative at={at} words={fromNow} />;
}

function Relative({ at, words }: { at: Timestamp | undefined; words: (then: number, current: number) => string }) {
  const current = useNow();
  if (!at) return null;
  const date = timestampDate(at);
  return (
    <time dateTime={date.toISOString()} title={absolute.format(date)} className="whitespace-nowrap">
      {words(date.getTime(), current)}
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
