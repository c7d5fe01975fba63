import { CommitLog } from "./commit-log.ts";
import { SortedIds } from "./sorted-ids.ts";
import { CompactedError, ConflictError, assertOncePerRow } from "./store.ts";
import type { Change, Commit, ListQuery, Operation, Row, Store } from "./store.ts";
import { Wakeup } from "./wakeup.ts";

interface Kind {
  rows: Map<string, { row: Row; unique: readonly string[] }>;
  ids: SortedIds;
  /** Index name and value → the ids of its rows. */
  indexes: Map<string, SortedIds>;
  /** Unique key → the id of the row that has it. */
  keys: Map<string, string>;
}

/** A store that lives as long as this object: for `--dev`, the simulator and tests. */
export class MemoryStore implements Store {
  readonly name = "memory";
  readonly #kinds = new Map<string, Kind>();
  readonly #log: CommitLog<Commit>;
  readonly #leases = new Map<string, { holder: string; expiresAt: number }>();
  readonly #wakeup = new Wakeup();
  #closed = false;

  /** `keepCommits`: how many commits `watch` can go back. */
  constructor({ keepCommits = 10_000 }: { keepCommits?: number } = {}) {
    this.#log = new CommitLog(0, keepCommits);
  }

  async revision(): Promise<number> {
    this.#assertOpen();
    return this.#log.last;
  }

  async get(kind: string, id: string): Promise<Row | undefined> {
    this.#assertOpen();
    return this.#kinds.get(kind)?.rows.get(id)?.row;
  }

  async list(kind: string, query: ListQuery = {}): Promise<Row[]> {
    this.#assertOpen();
    const { where, after, limit = Number.POSITIVE_INFINITY, reverse = false } = query;
    const found = this.#kinds.get(kind);
    const ids = where ? found?.indexes.get(indexKey(where.index, where.value)) : found?.ids;
    if (!found || !ids) return [];
    const rows: Row[] = [];
    for (const id of reverse ? ids.descending(after) : ids.ascending(after)) {
      if (rows.length >= limit) break;
      rows.push(found.rows.get(id)!.row);
    }
    return rows;
  }

  async commit(operations: readonly Operation[]): Promise<number> {
    this.#assertOpen();
    assertOncePerRow(operations);
    this.#checkRevisions(operations);
    this.#checkUnique(operations);
    const revision = this.#log.last + 1;
    const changes: Change[] = [];
    for (const operation of operations) {
      const change = this.#write(operation, revision);
      if (change) changes.push(change);
    }
    if (changes.length === 0) return this.#log.last;
    this.#log.push({ revision, changes });
    this.#wakeup.wake();
    return revision;
  }

  async *watch(after: number, signal: AbortSignal): AsyncGenerator<Commit, undefined> {
    let last = after;
    while (!signal.aborted) {
      this.#assertOpen();
      const commits = this.#log.since(last, 100);
      if (!commits) throw new CompactedError(last);
      for (const commit of commits) {
        yield commit;
        last = commit.revision;
        if (signal.aborted) return;
      }
      if (last === this.#log.last) await this.#wakeup.next(signal);
    }
  }

  async acquireLease(lease: { name: string; holder: string; now: number; ttlMs: number }): Promise<boolean> {
    this.#assertOpen();
    const held = this.#leases.get(lease.name);
    if (held && held.holder !== lease.holder && held.expiresAt > lease.now) return false;
    this.#leases.set(lease.name, { holder: lease.holder, expiresAt: lease.now + lease.ttlMs });
    return true;
  }

  async releaseLease(name: string, holder: string): Promise<void> {
    this.#assertOpen();
    if (this.#leases.get(name)?.holder === holder) this.#leases.delete(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#wakeup.wake();
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error("the store is closed");
  }

  #checkRevisions(operations: readonly Operation[]): void {
    for (const { kind, id, expect } of operations) {
      const revision = this.#kinds.get(kind)?.rows.get(id)?.row.revision ?? 0;
      if (expect !== undefined && expect !== revision) throw new ConflictError({ type: "revision", kind, id });
    }
  }

  /** Against the state that the whole commit would make: two rows may swap their names in one commit. */
  #checkUnique(operations: readonly Operation[]): void {
    const written = new Set<string>();
    for (const o of operations) if (o.type !== "check") written.add(`${o.kind}\n${o.id}`);
    const taken = new Map<string, string>();
    for (const o of operations) {
      if (o.type !== "put") continue;
      for (const key of o.unique) {
        const holder = this.#kinds.get(o.kind)?.keys.get(key);
        const second = taken.get(`${o.kind}\n${key}`);
        const held = holder !== undefined && holder !== o.id && !written.has(`${o.kind}\n${holder}`);
        if (held || (second !== undefined && second !== o.id)) {
          throw new ConflictError({ type: "unique", kind: o.kind, key });
        }
        taken.set(`${o.kind}\n${key}`, o.id);
      }
    }
  }

  #write(operation: Operation, revision: number): Change | undefined {
    if (operation.type === "check") return undefined;
    const { kind, id } = operation;
    const table = this.#kind(kind);
    const before = table.rows.get(id);
    // A key that another row of this commit took over already is no longer this row's.
    for (const key of before?.unique ?? []) if (table.keys.get(key) === id) table.keys.delete(key);
    if (before) unindex(table, before.row);
    if (operation.type === "delete") {
      if (!before) return undefined;
      table.rows.delete(id);
      table.ids.delete(id);
      return { kind, id, row: undefined };
    }
    const row: Row = { kind, id, revision, value: operation.value, indexes: operation.indexes };
    table.rows.set(id, { row, unique: operation.unique });
    table.ids.add(id);
    index(table, row);
    for (const key of operation.unique) table.keys.set(key, id);
    return { kind, id, row };
  }

  #kind(kind: string): Kind {
    let found = this.#kinds.get(kind);
    if (!found)
      this.#kinds.set(kind, (found = { rows: new Map(), ids: new SortedIds(), indexes: new Map(), keys: new Map() }));
    return found;
  }
}

const indexKey = (name: string, value: string) => `${name}\n${value}`;

function index({ indexes }: Kind, row: Row): void {
  for (const [name, value] of Object.entries(row.indexes)) {
    const key = indexKey(name, value);
    let ids = indexes.get(key);
    if (!ids) indexes.set(key, (ids = new SortedIds()));
    ids.add(row.id);
  }
}

function unindex({ indexes }: Kind, row: Row): void {
  for (const [name, value] of Object.entries(row.indexes)) {
    const key = indexKey(name, value);
    const ids = indexes.get(key);
    ids?.delete(row.id);
    if (ids?.size === 0) indexes.delete(key);
  }
}
