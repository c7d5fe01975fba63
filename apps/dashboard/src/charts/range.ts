import { useSearchValue } from "../app/search.ts";

export const ranges = { "1h": 3_600_000, "6h": 21_600_000, "24h": 86_400_000 } as const;
export type RangeName = keyof typeof ranges;

/** The page's time range, which is in its address (`?range=6h`). */
export function useRange(): [RangeName, (name: RangeName) => void] {
  const [name, setName] = useSearchValue("range", "1h");
  return [name in ranges ? (name as RangeName) : "1h", setName];
}
