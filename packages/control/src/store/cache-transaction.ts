import { clone } from "@bufbuild/protobuf";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { problem, Reason } from "@limiquantix/api";
import type { Transaction } from "./database.ts";
import type { Operation } from "./store.ts";
import { encode, indexesOf, isUnder, type AnyMessage, type TableCache } from "./table-cache.ts";
import type { Table } from "./table.ts";

interface Written {
  table: Table;
  /** Undefined: deleted. */
  message: AnyMessage | undefined;
  /** Made by `update`, so that a second update needs no copy of its own. */
  copied: boolean;
}

/** A transaction over the cache: notes what is read and keeps what is written apart, in terms of the store's operations. */
export class CacheTransaction implements Transaction {
  readonly #cacheOf: (table: Table) => TableCache;
  /** Row → the revision that it was read at. */
  readonly #read = new Map<string, { kind: string; id: string; revision: number }>();
  readonly #written = new Map<string, Map<string, Written>>();

  /** `cacheOf` throws for a table that is not cached. */
  constructor(cacheOf: (table: Table) => TableCache) {
    this.#cacheOf = cacheOf;
  }

  find<D extends DescMessage>(table: Table<D>, id: string): MessageShape<D> | undefined {
    const written = this.#written.get(table.kind)?.get(id);
    const message = written ? written.message : this.#base(table, id);
    return message as MessageShape<D> | undefined;
  }

  get<D extends DescMessage>(table: Table<D>, id: string): MessageShape<D> {
    const message = this.find(table, id);
    if (!message) throw problem(Reason.NOT_FOUND, { kind: table.kind, id });
    return message;
  }

  by<D extends DescMessage>(table: Table<D>, index: string, value: string): MessageShape<D>[] {
    const written = this.#written.get(table.kind);
    const found: AnyMessage[] = [];
    for (const message of this.#cacheOf(table).by(index, value)) {
      const id = message.id ?? "";
      if (written?.has(id)) continue;
      this.#base(table, id);
      found.push(message);
    }
    let added = false;
    for (const { message } of written?.values() ?? []) {
      if (!message || !isUnder(table as unknown as Table, index, message, value)) continue;
      found.push(message);
      added = true;
    }
    if (added) found.sort((a, b) => (a.id! < b.id! ? -1 : 1));
    return found as unknown as MessageShape<D>[];
  }

  insert<D extends DescMessage>(table: Table<D>, message: MessageShape<D>): void {
    const row = message as AnyMessage;
    if (!row.id) throw new Error(`insert into ${table.kind}: the row has no id`);
    const exists = table.cached
      ? this.find(table, row.id) !== undefined
      : this.#written.get(table.kind)?.get(row.id)?.message !== undefined;
    if (exists) throw problem(Reason.NAME_TAKEN, { kind: table.kind, name: row.id });
    if (!table.cached) this.#noteRead(table, row.id, 0);
    this.#write(table, row.id, { table: table as unknown as Table, message: row, copied: false });
  }

  update<D extends DescMessage>(table: Table<D>, id: string, change: (copy: MessageShape<D>) => void): MessageShape<D> {
    const before = this.get(table, id);
    const copied = this.#written.get(table.kind)?.get(id)?.copied ?? false;
    const copy = copied ? before : clone(table.schema, before);
    change(copy);
    if ((copy as AnyMessage).id !== id) throw new Error(`update of ${table.kind} ${id} changed its id`);
    this.#write(table, id, { table: table as unknown as Table, message: copy, copied: true });
    return copy;
  }

  delete<D extends DescMessage>(table: Table<D>, id: string): void {
    if (table.cached && !this.find(table, id)) return;
    this.#write(table, id, { table: table as unknown as Table, message: undefined, copied: false });
  }

  /** What to commit: nothing when no row would change. Rows that were only read become checks. */
  operations(): Operation[] {
    const writes: Operation[] = [];
    const writtenRows = new Set<string>();
    for (const [kind, rows] of this.#written) {
      for (const [id, written] of rows) {
        const operation = this.#operation(kind, id, written);
        if (!operation) continue;
        writes.push(operation);
        writtenRows.add(rowKey(kind, id));
      }
    }
    if (writes.length === 0) return [];
    for (const [key, { kind, id, revision }] of this.#read) {
      if (!writtenRows.has(key)) writes.push({ type: "check", kind, id, expect: revision });
    }
    return writes;
  }

  #operation(kind: string, id: string, { table, message }: Written): Operation | undefined {
    const expect = this.#read.get(rowKey(kind, id))?.revision;
    if (!message) return expect === 0 ? undefined : { type: "delete", kind, id, expect };
    const value = encode(table, message);
    const before = expect ? this.#cacheOf(table).find(id) : undefined;
    // What an update leaves as it was is not written: a reconciler may write what it sees, as often as it sees it.
    if (before && equalBytes(encode(table, before), value)) return undefined;
    const unique = table.unique(message as never);
    return { type: "put", kind, id, value, indexes: indexesOf(table, message), unique, expect };
  }

  /** What the cache has, noted as read. */
  #base(table: Table, id: string): AnyMessage | undefined {
    const cache = this.#cacheOf(table);
    this.#noteRead(table, id, cache.revisionOf(id));
    return cache.find(id);
  }

  #noteRead(table: Table, id: string, revision: number): void {
    const key = rowKey(table.kind, id);
    if (!this.#read.has(key)) this.#read.set(key, { kind: table.kind, id, revision });
  }

  #write(table: Table, id: string, written: Written): void {
    let rows = this.#written.get(table.kind);
    if (!rows) this.#written.set(table.kind, (rows = new Map()));
    rows.set(id, written);
  }
}

export function rowKey(kind: string, id: string): string {
  return `${kind}/${id}`;
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
