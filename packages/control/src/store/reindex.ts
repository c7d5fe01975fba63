import type { Log } from "@limiquantix/kit";
import { ConflictError, type Operation, type Row, type Store } from "./store.ts";
import { decode, indexesOf, type AnyMessage } from "./table-cache.ts";
import type { Table } from "./table.ts";

/** Rows by kind of row: by which indexes and keys the rows of that kind were written. */
const layoutKind = "table-layout";

const batchSize = 500;

/**
 * Brings the indexes and unique keys of stored rows up to the tables of this program, where another version wrote
 * them. Reads from memory do not need it; pages of tables that are not cached, and the store's own check of unique
 * keys, do. In batches; tables count as done once all of them are: after a crash the next start looks again, and finds
 * less to do.
 */
export async function reindex({
  store,
  tables,
  log,
}: {
  store: Store;
  tables: readonly Table[];
  log: Log;
}): Promise<void> {
  if ((await store.revision()) === 0) return;
  const layouts: Operation[] = [];
  const done = new Map((await store.list(layoutKind)).map((row) => [row.id, text.decode(row.value)]));
  for (const table of tables) {
    const known = done.get(table.kind);
    const wanted = layoutOf(table);
    if (known === wanted) continue;
    const keysMayDiffer = known === undefined ? table.layout > 1 : layoutNumber(known) !== table.layout;
    const rewritten = await rewriteStale(store, table, keysMayDiffer);
    if (rewritten > 0) log.info("rows were indexed anew", { kind: table.kind, rows: rewritten });
    const value = bytes.encode(wanted);
    const layout = { kind: layoutKind, id: table.kind, value, indexes: {}, unique: [] };
    layouts.push({ type: "put", ...layout, expect: undefined });
  }
  if (layouts.length > 0) await store.commit(layouts);
}

const bytes = new TextEncoder();
const text = new TextDecoder();

/** "1 name node project" */
function layoutOf({ layout, indexes }: Table): string {
  return [layout, ...Object.keys(indexes).toSorted()].join(" ");
}

function layoutNumber(layout: string): number {
  return Number(layout.split(" ", 1)[0]);
}

async function rewriteStale(store: Store, table: Table, all: boolean): Promise<number> {
  let rewritten = 0;
  for (let after = ""; ;) {
    const rows = await store.list(table.kind, { limit: batchSize, ...(after ? { after } : {}) });
    const operations = rows.flatMap((row) => rewrite(table, row, all) ?? []);
    try {
      if (operations.length > 0) await store.commit(operations);
    } catch (error) {
      // Another replica wrote one of them: read the batch again.
      if (error instanceof ConflictError && error.conflict.type === "revision") continue;
      throw new Error(`index the rows of ${table.kind} anew`, { cause: error });
    }
    rewritten += operations.length;
    const last = rows.at(-1);
    if (!last || rows.length < batchSize) return rewritten;
    after = last.id;
  }
}

/** The row as it is, under the indexes and keys of now; undefined where it is so already. */
function rewrite(table: Table, row: Row, all: boolean): Operation | undefined {
  const message = decode(table, row) as AnyMessage;
  const indexes = indexesOf(table, message);
  if (!all && sameEntries(indexes, row.indexes)) return undefined;
  const unique = table.unique(message as never);
  const { kind, id, value, revision } = row;
  return { type: "put", kind, id, value, indexes, unique, expect: revision };
}

function sameEntries(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
