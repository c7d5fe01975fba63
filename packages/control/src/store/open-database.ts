import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { problem, Reason } from "@limiquantix/api";
import { backoffMs, sleep, type Clock, type Log } from "@limiquantix/kit";
import { CacheTransaction, rowKey } from "./cache-transaction.ts";
import { CommitLog } from "./commit-log.ts";
import type { Database, PageQuery, TableChange, Transaction } from "./database.ts";
import { reindex } from "./reindex.ts";
import { RowGates } from "./row-gates.ts";
import { CompactedError, ConflictError, StoreUnavailableError } from "./store.ts";
import type { Commit, Operation, Store } from "./store.ts";
import { decode, TableCache, type AnyMessage } from "./table-cache.ts";
import type { Table } from "./table.ts";

export interface DatabaseOptions {
  /** Stays its owner's: closing the database does not close it. */
  store: Store;
  tables: readonly Table[];
  clock: Clock;
  log: Log;
  /** How many commits `changesSince` can go back. */
  keepCommits?: number;
}

/** Lost races after which a transaction gives up; races within this process are not among them. */
const maxAttempts = 20;

/** Reads all cached tables and follows the store from there; a durable store's rows are indexed anew where needed. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if (options.store.durable) await reindex(options);
  const database = new CachedDatabase(options);
  await database.open();
  return database;
}

interface LoggedCommit {
  revision: number;
  changes: readonly TableChange[];
}

/**
 * The cache has one writer, the store's feed: own commits come back through it as those of other replicas do, so each
 * is applied once and in order, and `transact` waits until the feed has brought its own.
 */
class CachedDatabase implements Database {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #tables = new Map<string, Table>();
  readonly #caches = new Map<string, TableCache>();
  readonly #commits: CommitLog<LoggedCommit>;
  readonly #listeners = new Set<(changes: readonly TableChange[], revision: number) => void>();
  readonly #gates = new RowGates();
  readonly #closing = new AbortController();
  /** Revision → those that wait to see it. */
  readonly #awaited = new Map<number, { resolve: () => void; reject: (error: Error) => void }[]>();
  #feed: Promise<void> = Promise.resolve();

  constructor({ store, tables, clock, log, keepCommits = 10_000 }: DatabaseOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#commits = new CommitLog(0, keepCommits);
    for (const table of tables) {
      if (this.#tables.has(table.kind)) throw new Error(`two tables are of the kind ${table.kind}`);
      this.#tables.set(table.kind, table);
      if (table.cached) this.#caches.set(table.kind, new TableCache(table));
    }
  }

  async open(): Promise<void> {
    await this.#load();
    this.#feed = this.#follow();
    await this.#catchUp();
  }

  get revision(): number {
    return this.#commits.last;
  }

  find<D extends DescMessage>(table: Table<D>, id: string): MessageShape<D> | undefined {
    return this.#cache(table).find(id) as MessageShape<D> | undefined;
  }

  get<D extends DescMessage>(table: Table<D>, id: string): MessageShape<D> {
    const message = this.find(table, id);
    if (!message) throw problem(Reason.NOT_FOUND, { kind: table.kind, id });
    return message;
  }

  by<D extends DescMessage>(table: Table<D>, index: string, value: string): MessageShape<D>[] {
    return this.#cache(table).by(index, value) as unknown as MessageShape<D>[];
  }

  all<D extends DescMessage>(table: Table<D>): Iterable<MessageShape<D>> {
    return this.#cache(table).all() as Iterable<unknown> as Iterable<MessageShape<D>>;
  }

  count(table: Table): number {
    return this.#cache(table).size;
  }

  async page<D extends DescMessage>(table: Table<D>, query: PageQuery): Promise<MessageShape<D>[]> {
    const rows = await this.#store.list(table.kind, query);
    return rows.map((row) => decode(table, row));
  }

  async transact<R>(work: (tx: Transaction) => R): Promise<R> {
    let handed: string | undefined;
    let uniqueConflict = false;
    try {
      for (let lost = 0; ;) {
        this.#assertOpen();
        const tx = this.#begin();
        const result = work(tx);
        const operations = tx.operations();
        if (operations.length === 0) return result;

        const busy = this.#gates.busy(rowsOf(operations), handed);
        if (busy !== undefined) {
          if (handed !== undefined) this.#gates.release([handed]);
          handed = undefined;
          await this.#gates.wait(busy);
          handed = busy;
          continue;
        }
        const own = handed;
        handed = undefined;
        const conflict = await this.#commit(operations, own);
        if (!conflict) return result;
        if (++lost >= maxAttempts) throw this.#tooManyRaces(conflict);
        const { conflict: over } = conflict;
        if (over.type === "unique") {
          // Work that looked for the key finds it now, and may do something else than take it.
          if (uniqueConflict || this.#holder(over) !== undefined) throw nameTaken(over);
          uniqueConflict = true;
        } else if (!this.#caches.has(over.kind)) {
          throw problem(Reason.NAME_TAKEN, { kind: over.kind, name: over.id });
        }
        await this.#catchUp();
      }
    } finally {
      if (handed !== undefined) this.#gates.release([handed]);
    }
  }

  preview<R>(work: (tx: Transaction) => R): R {
    const tx = this.#begin();
    const result = work(tx);
    this.#checkUnique(tx.operations());
    return result;
  }

  subscribe(listener: (changes: readonly TableChange[], revision: number) => void): Disposable {
    // Wrapped, so that one function can be subscribed twice.
    const entry: typeof listener = (changes, revision) => listener(changes, revision);
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  changesSince(revision: number): readonly LoggedCommit[] | undefined {
    return this.#commits.since(revision);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#listeners.clear();
    const error = new Error("the database is closed");
    for (const waiters of this.#awaited.values()) for (const { reject } of waiters) reject(error);
    this.#awaited.clear();
    await this.#feed;
  }

  #begin(): CacheTransaction {
    return new CacheTransaction((table) => this.#cache(table));
  }

  #cache(table: Table): TableCache {
    const cache = this.#caches.get(table.kind);
    if (cache) return cache;
    const why = table.cached ? "was not given to openDatabase" : "is not cached: read it with page";
    throw new Error(`table ${table.kind} ${why}`);
  }

  /** Answers the race that was lost, or undefined once the commit is visible. Takes over and releases `handed`. */
  async #commit(operations: readonly Operation[], handed: string | undefined): Promise<ConflictError | undefined> {
    const held = new Set(rowsOf(operations.filter((operation) => operation.type !== "check")));
    this.#gates.hold(held);
    if (handed !== undefined) held.add(handed);
    try {
      await this.#visible(await this.#store.commit(operations));
      return undefined;
    } catch (error) {
      if (error instanceof ConflictError) return error;
      if (error instanceof StoreUnavailableError) {
        throw problem(Reason.UNAVAILABLE, { what: "the database", why: error.why }, { cause: error });
      }
      throw error;
    } finally {
      this.#gates.release(held);
    }
  }

  #holder(conflict: { kind: string; key: string }): string | undefined {
    return this.#caches.get(conflict.kind)?.holder(conflict.key);
  }

  #tooManyRaces(cause: ConflictError): Error {
    const { conflict } = cause;
    if (conflict.type === "unique") return nameTaken(conflict);
    const why = `too many changes at once to ${conflict.kind} ${conflict.id}`;
    return problem(Reason.UNAVAILABLE, { what: "the database", why }, { cause });
  }

  #checkUnique(operations: readonly Operation[]): void {
    const written = new Set(rowsOf(operations));
    const taken = new Set<string>();
    for (const operation of operations) {
      if (operation.type !== "put") continue;
      for (const key of operation.unique) {
        const conflict = { kind: operation.kind, key };
        const holder = this.#holder(conflict);
        const held = holder !== undefined && !written.has(rowKey(operation.kind, holder));
        if (held || taken.has(rowKey(operation.kind, key))) throw nameTaken(conflict);
        taken.add(rowKey(operation.kind, key));
      }
    }
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new Error("the database is closed");
  }

  /** Resolves when reads see `revision`. */
  #visible(revision: number): Promise<void> {
    if (revision <= this.revision) return Promise.resolve();
    this.#assertOpen();
    return new Promise((resolve, reject) => {
      const waiters = this.#awaited.get(revision);
      if (waiters) waiters.push({ resolve, reject });
      else this.#awaited.set(revision, [{ resolve, reject }]);
    });
  }

  /** Sees all that was committed until now, by whomever. */
  async #catchUp(): Promise<void> {
    await this.#visible(await this.#store.revision());
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted;) {
      try {
        for await (const commit of this.#store.watch(this.revision, signal)) {
          if (signal.aborted) return;
          this.#apply(commit);
          failures = 0;
        }
      } catch (error) {
        if (signal.aborted) return;
        try {
          if (!(error instanceof CompactedError)) throw error;
          this.#log.warn("the store's changes went by unseen: reading everything again");
          await this.#load();
        } catch (cause) {
          failures++;
          this.#log.error("the store's changes cannot be followed", { error: String(cause), failures });
          const ms = backoffMs(failures, { baseMs: 100, maxMs: 5_000 });
          await sleep(this.#clock, ms, { signal, background: true }).catch(() => {});
        }
      }
    }
  }

  #apply({ revision, changes }: Commit): void {
    if (revision <= this.revision) return;
    const applied: TableChange[] = [];
    for (const { kind, id, row } of changes) {
      const table = this.#tables.get(kind);
      if (!table) continue;
      const cache = this.#caches.get(kind);
      // After a reload rows can be newer than the commits that follow.
      if (cache && cache.revisionOf(id) >= revision) continue;
      const before = cache?.find(id);
      let after: AnyMessage | undefined;
      if (!row) cache?.delete(id);
      else after = cache ? cache.put(row) : (decode(table, row) as AnyMessage);
      if (before || after || !cache) applied.push({ table, id, before, after });
    }
    this.#commits.push({ revision, changes: applied });
    this.#announce(applied, revision);
  }

  /** Brings every cached table to what the store has now; what changed is one change for the listeners. */
  async #load(): Promise<void> {
    const revision = await this.#store.revision();
    const changes: TableChange[] = [];
    for (const [kind, cache] of this.#caches) {
      const rows = await this.#store.list(kind);
      const { table } = cache;
      const found = new Set<string>();
      for (const row of rows) {
        found.add(row.id);
        if (cache.revisionOf(row.id) === row.revision) continue;
        const before = cache.find(row.id);
        changes.push({ table, id: row.id, before, after: cache.put(row) });
      }
      for (const id of cache.ids()) {
        if (found.has(id)) continue;
        changes.push({ table, id, before: cache.find(id), after: undefined });
        cache.delete(id);
      }
    }
    this.#commits.reset(revision);
    this.#announce(changes, revision);
  }

  #announce(changes: readonly TableChange[], revision: number): void {
    for (const listener of this.#listeners) {
      try {
        listener(changes, revision);
      } catch (error) {
        this.#log.error("a listener of the database failed", { error: String(error), revision });
      }
    }
    if (this.#awaited.size === 0) return;
    for (const [awaited, waiters] of this.#awaited) {
      if (awaited > revision) continue;
      this.#awaited.delete(awaited);
      for (const { resolve } of waiters) resolve();
    }
  }
}

function rowsOf(operations: readonly Operation[]): string[] {
  return operations.map(({ kind, id }) => rowKey(kind, id));
}

/** `project/name` is for the store; people gave the name. */
function nameTaken({ kind, key }: { kind: string; key: string }): Error {
  const name = key.slice(key.indexOf("/") + 1);
  return problem(Reason.NAME_TAKEN, { kind, name }, { fields: [{ field: "name", message: "is taken" }] });
}
