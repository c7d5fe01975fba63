import { useCallback, useMemo, useState } from "react";
import { useSearchValue } from "./search.ts";

/** An address holds so many. */
const mostInAddress = 20;

/** The selected rows that are shown: what a filter hides is never acted on. A few of them are part of the address. */
export function useSelection<Row extends { id: string }>(
  shown: readonly Row[],
): { ids: ReadonlySet<string>; rows: readonly Row[]; select: (ids: ReadonlySet<string>) => void } {
  const [text, setText] = useSearchValue("selected");
  const [ids, setIds] = useState<ReadonlySet<string>>(() => new Set(text.split(",").filter(Boolean)));
  const select = useCallback(
    (next: ReadonlySet<string>) => {
      setIds(next);
      setText(next.size <= mostInAddress ? [...next].join(",") : "");
    },
    [setText],
  );
  const rows = useMemo(() => (ids.size === 0 ? [] : shown.filter(({ id }) => ids.has(id))), [ids, shown]);
  const visible = useMemo(() => new Set(rows.map(({ id }) => id)), [rows]);
  return { ids: visible, rows, select };
}
