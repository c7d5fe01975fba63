import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { DescMessage, Message, MessageShape } from "@bufbuild/protobuf";
import { SortedIds } from "./sorted-ids.ts";
import type { Row } from "./store.ts";
import type { Table } from "./table.ts";

/** Every row's message; which table it is of decides the type, at the edge of the Database. */
export type AnyMessage = Message & { id?: string; revision?: bigint };

interface Entry {
  message: AnyMessage;
  revision: number;
  /** Index name and value, as often as it has values. */
  places: readonly (readonly [string, string])[];
  unique: readonly string[];
}

/** The rows of one table, decoded, with their indexes kept as rows change. */
export class TableCache {
  readonly table: Table;
  readonly #entries = new Map<string, Entry>();
  readonly #ids = new SortedIds();
  readonly #indexes = new Map<string, Map<string, SortedIds>>();
  readonly #keys = new Map<string, string>();

  constructor(table: Table) {
    this.table = table;
    const names = [...Object.keys(table.indexes), ...Object.keys(table.memberships)];
    for (const name of names) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#entries.size;
  }

  find(id: string): AnyMessage | undefined {
    return this.#entries.get(id)?.message;
  }

  /** 0: there is no such row. */
  revisionOf(id: string): number {
    return this.#entries.get(id)?.revision ?? 0;
  }

  ids(): Iterable<string> {
    return this.#ids.ascending();
  }

  *all(): Generator<AnyMessage, undefined> {
    for (const id of this.#ids.ascending()) {
      const message = this.find(id);
      if (message) yield message;
    }
  }

  by(index: string, value: string): AnyMessage[] {
    const values = this.#indexes.get(index);
    if (!values) throw new Error(`table ${this.table.kind} has no index ${index}`);
    const found: AnyMessage[] = [];
    for (const id of values.get(value)?.ascending() ?? []) found.push(this.#entries.get(id)!.message);
    return found;
  }

  /** The id of the row that has this unique key. */
  holder(key: string): string | undefined {
    return this.#keys.get(key);
  }

  /** Takes over a row of the store and answers its message. */
  put(row: Row): AnyMessage {
    const message = decode(this.table, row);
    this.delete(row.id);
    const entry = { message, revision: row.revision, places: placesOf(this.table, message), unique: [] as string[] };
    entry.unique.push(...this.table.unique(message as never));
    this.#entries.set(row.id, entry);
    this.#ids.add(row.id);
    for (const [name, value] of entry.places) {
      const values = this.#indexes.get(name)!;
      let ids = values.get(value);
      if (!ids) values.set(value, (ids = new SortedIds()));
      ids.add(row.id);
    }
    for (const key of entry.unique) this.#keys.set(key, row.id);
    return message;
  }

  delete(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    for (const [name, value] of entry.places) {
      const ids = this.#indexes.get(name)?.get(value);
      ids?.delete(id);
      if (ids?.size === 0) this.#indexes.get(name)?.delete(value);
    }
    for (const key of entry.unique) if (this.#keys.get(key) === id) this.#keys.delete(key);
    this.#entries.delete(id);
    this.#ids.delete(id);
  }
}

/** The message of a stored row, with the row's revision in it. */
export function decode<D extends DescMessage>(table: Table<D>, row: Row): MessageShape<D> {
  try {
    const message = fromBinary(table.schema, row.value);
    if (table.schema.field["revision"]) (message as AnyMessage).revision = BigInt(row.revision);
    return message;
  } catch (cause) {
    throw new Error(`read ${table.kind} ${row.id} from the store`, { cause });
  }
}

/** The bytes to store: without the revision, which is the store's own. */
export function encode(table: Table, message: AnyMessage): Uint8Array {
  const { revision } = message;
  if (revision === undefined) return toBinary(table.schema, message);
  message.revision = 0n;
  try {
    return toBinary(table.schema, message);
  } finally {
    message.revision = revision;
  }
}

export function indexesOf(table: Table, message: AnyMessage): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, valueOf] of Object.entries(table.indexes)) {
    const value = valueOf(message as never);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** Whether the row has this value in the index. */
export function isUnder(table: Table, index: string, message: AnyMessage, value: string): boolean {
  if (table.indexes[index]?.(message as never) === value) return true;
  return table.memberships[index]?.(message as never).includes(value) ?? false;
}

function placesOf(table: Table, message: AnyMessage): [string, string][] {
  const several = Object.entries(table.memberships).flatMap(([name, valuesOf]) =>
    [...new Set(valuesOf(message as never))].map((value): [string, string] => [name, value]),
  );
  return [...Object.entries(indexesOf(table, message)), ...several];
}
