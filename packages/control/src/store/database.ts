import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { Table } from "./table.ts";

/**
 * Typed tables over a Store, read from memory: a cache that the store's commits feed. What it answers is shared and
 * must not be changed; `transact` is the one way to write.
 */
export interface Database extends AsyncDisposable {
  /** The newest revision that reads see. */
  readonly revision: number;
  find<D extends DescMessage>(table: Table<D>, id: string): MessageShape<D> | undefined;
  /** Throws NOT_FOUND. */
  get<D extends DescMessage>(table: Table<D>, id: string): MessageShape<D>;
  /** Rows whose index has this value, in id order. O(rows found). */
  by<D extends DescMessage>(table: Table<D>, index: string, value: string): MessageShape<D>[];
  /** In id order. */
  all<D extends DescMessage>(table: Table<D>): Iterable<MessageShape<D>>;
  count(table: Table): number;
  /** A page straight from the store, for tables that are not cached. */
  page<D extends DescMessage>(table: Table<D>, query: PageQuery): Promise<MessageShape<D>[]>;
  /**
   * Runs `work` and commits what it wrote, all or nothing. Everything that it read is checked at commit: if something
   * moved meanwhile, `work` runs again on the new state, so it must be pure but for `tx`. Resolves when the change is
   * durable and visible to reads. A unique key that is taken throws NAME_TAKEN.
   */
  transact<R>(work: (tx: Transaction) => R): Promise<R>;
  /** What `work` would answer now; nothing is written. */
  preview<R>(work: (tx: Transaction) => R): R;
  /** Called after each commit, in order, with what it changed. */
  subscribe(listener: (changes: readonly TableChange[], revision: number) => void): Disposable;
  /** The commits since `revision`, or undefined where they are no longer held in memory. */
  changesSince(revision: number): readonly { revision: number; changes: readonly TableChange[] }[] | undefined;
}

export interface Transaction {
  find<D extends DescMessage>(table: Table<D>, id: string): MessageShape<D> | undefined;
  /** Throws NOT_FOUND. */
  get<D extends DescMessage>(table: Table<D>, id: string): MessageShape<D>;
  /** Not checked for rows that appear meanwhile: use unique keys where that matters. */
  by<D extends DescMessage>(table: Table<D>, index: string, value: string): MessageShape<D>[];
  /** Throws NAME_TAKEN-style conflict at commit when the id exists. */
  insert<D extends DescMessage>(table: Table<D>, message: MessageShape<D>): void;
  /** Changes a private copy of the row with `change` and writes it; answers the copy. Throws NOT_FOUND. */
  update<D extends DescMessage>(table: Table<D>, id: string, change: (copy: MessageShape<D>) => void): MessageShape<D>;
  delete<D extends DescMessage>(table: Table<D>, id: string): void;
}

export interface PageQuery {
  where?: { index: string; value: string };
  after?: string;
  limit: number;
  reverse?: boolean;
}

export interface TableChange {
  table: Table;
  id: string;
  /** Undefined: inserted. Not known (undefined) for tables that are not cached. */
  before: unknown;
  /** Undefined: deleted. */
  after: unknown;
}
