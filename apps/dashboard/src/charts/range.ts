import { useSearchValue } from "../app/search.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export const ranges = {
  "1h": hourMs,
  "6h": 6 * hourMs,
  "24h": dayMs,
  "7d": 7 * dayMs,
  "30d": 30 * dayMs,
  "1y": 365 * dayMs,
} as const;
export type RangeName = keyof typeof ranges;

const names = Object.keys(ranges) as RangeName[];
/** What the control plane keeps by itself. */
const always: readonly RangeName[] = ["1h", "6h", "24h"];

/** The page's time range, which is in its address (`?range=6h`). */
export function useRange(): [RangeName, (name: RangeName) => void] {
  const [name, setName] = useSearchValue("range", "1h");
  return [name in ranges ? (name as RangeName) : "1h", setName];
}

/** The ranges that show something: a longer one is for what a shorter one does not hold. `current` is always there. */
export function rangesOf(keptMs: number, current: RangeName): RangeName[] {
  return names.filter((name, i) => {
    const shorter = names[i - 1];
    // What is kept moves on while the answer is under way.
    const holdsMore = shorter === undefined || keptMs > ranges[shorter] + 5 * 60_000;
    return always.includes(name) || name === current || holdsMore;
  });
}
