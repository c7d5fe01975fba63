import type { Column, Sort } from "./data-table.tsx";

type Key = string | number | bigint;

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/**
 * Puts a table's rows in order: by the column, and by id where that is equal, so that nothing jumps. Comparing ten thousand
 * names takes longer than a frame, so the order is kept for as long as no row's key changes.
 */
export class RowOrder<Row extends { id: string }> {
  #sort: Sort | undefined;
  #keys = new Map<string, Key>();
  #ids: string[] = [];

  sorted(rows: readonly Row[], columns: readonly Column<Row>[], sort: Sort): readonly Row[] {
    const descending = sort.startsWith("-");
    const key = columns.find(({ id }) => id === (descending ? sort.slice(1) : sort))?.key;
    if (!key) return rows;
    const byId = new Map<string, Row>();
    let same = sort === this.#sort && rows.length === this.#ids.length;
    const keys = new Map<string, Key>();
    for (const row of rows) {
      const value = key(row);
      byId.set(row.id, row);
      keys.set(row.id, value);
      if (same && this.#keys.get(row.id) !== value) same = false;
    }
    if (!same) this.#ids = order(keys, descending ? -1 : 1);
    this.#sort = sort;
    this.#keys = keys;
    return this.#ids.flatMap((id) => byId.get(id) ?? []);
  }
}

function order(keys: ReadonlyMap<string, Key>, sign: 1 | -1): string[] {
  return [...keys]
    .toSorted(([idA, a], [idB, b]) => {
      const difference =
        typeof a === "string" && typeof b === "string" ? collator.compare(a, b) : a < b ? -1 : a > b ? 1 : 0;
      return difference === 0 ? (idA < idB ? -1 : 1) : difference * sign;
    })
    .map(([id]) => id);
}
