import {
  assertOncePerRow,
  CommitLog,
  CompactedError,
  ConflictError,
  StoreUnavailableError,
  Wakeup,
  type Change,
  type Commit,
  type ListQuery,
  type Operation,
  type Row,
  type Store,
} from "@limiquantix/control/store";
import type { Failure, Outcome } from "./messages.ts";
import { StoreFileError } from "./store-file-error.ts";
import { WriterThread } from "./writer-thread.ts";

export interface SqliteStoreOptions {
  /** The database file; it and its directory are made where they are not there. */
  path: string;
  /** How many commits `watch` can go back, also after a restart. */
  keepCommits?: number;
  /** A quota for the file: a commit that would exceed it fails as on a full disk. */
  maxBytes?: number;
  /** Where the writer's module is, for a build that bundles it as a file of its own. */
  writer?: URL;
}

/** The store asks for no more at once: what a batch holds is in memory twice. */
const batchLimit = 1_000;
/** Commits that watchers get without a read of the file. */
const recentCommits = 1_000;

interface Waiting {
  operations: readonly Operation[];
  resolve: (revision: number) => void;
  reject: (error: unknown) => void;
}

/**
 * A store in one SQLite file, for a control plane of one process: durable when `commit` resolves (WAL,
 * synchronous=FULL). A thread of its own has the only connection. Commits that wait while it works go together in the
 * next SQLite transaction, so that they share its fsync.
 */
export class SqliteStore implements Store {
  readonly durable = true;
  readonly name = "sqlite";
  readonly #writer: WriterThread;
  readonly #recent: CommitLog<Commit>;
  readonly #wakeup = new Wakeup();
  #waiting: Waiting[] = [];
  #writing = false;
  #closed = false;
  /** Set when the disk failed in the middle of a commit: only a restart can tell what is on it. */
  #broken: Error | undefined;

  private constructor(writer: WriterThread, revision: number, keepCommits: number) {
    this.#writer = writer;
    this.#recent = new CommitLog(revision, Math.min(recentCommits, keepCommits));
    writer.onEnd = () => this.#wakeup.wake();
  }

  /** Throws StoreFileError when another process has the file open, it is damaged, or not one that we know. */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const { path, keepCommits = 10_000, maxBytes, writer = new URL("./writer.ts", import.meta.url) } = options;
    const thread = new WriterThread(writer);
    try {
      return new SqliteStore(thread, await thread.call("open", { path, keepCommits, maxBytes }), keepCommits);
    } catch (cause) {
      await thread.end();
      throw new StoreFileError(path, cause);
    }
  }

  async revision(): Promise<number> {
    this.#assertOpen();
    return this.#recent.last;
  }

  async get(kind: string, id: string): Promise<Row | undefined> {
    this.#assertOpen();
    return this.#writer.call("get", kind, id);
  }

  async list(kind: string, query: ListQuery = {}): Promise<Row[]> {
    this.#assertOpen();
    return this.#writer.call("list", kind, query);
  }

  async commit(operations: readonly Operation[]): Promise<number> {
    this.#assertOpen();
    assertOncePerRow(operations);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operations, resolve, reject });
      if (!this.#writing) void this.#writeAll();
    });
  }

  async *watch(after: number, signal: AbortSignal): AsyncGenerator<Commit, undefined> {
    let last = after;
    while (!signal.aborted) {
      this.#assertOpen();
      const commits = this.#recent.since(last, 100) ?? (await this.#writer.call("commitsSince", last, 100));
      if (!commits) throw new CompactedError(last);
      for (const commit of commits) {
        // What was read from the file can be ahead of what has been acknowledged.
        yield commit;
        last = commit.revision;
        if (signal.aborted) return;
      }
      if (last >= this.#recent.last) await this.#wakeup.next(signal);
    }
  }

  async acquireLease(lease: { name: string; holder: string; now: number; ttlMs: number }): Promise<boolean> {
    this.#assertOpen();
    return this.#writer.call("acquireLease", lease);
  }

  async releaseLease(name: string, holder: string): Promise<void> {
    this.#assertOpen();
    await this.#writer.call("releaseLease", name, holder);
  }

  /** What was given to `commit` is written before. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#wakeup.wake();
    const stop = new AbortController();
    while (this.#writing) await this.#wakeup.next(stop.signal);
    await this.#writer.call("close").catch(() => {});
    await this.#writer.end();
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error("the store is closed");
    if (this.#broken) throw this.#broken;
    if (this.#writer.ended) throw this.#writer.ended;
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchLimit);
      try {
        const outcomes = await this.#writer.call(
          "commit",
          batch.map(({ operations }) => operations),
        );
        batch.forEach((commit, i) => this.#settle(commit, outcomes[i]!));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      this.#wakeup.wake();
    }
    this.#writing = false;
    this.#wakeup.wake();
  }

  #settle({ operations, resolve, reject }: Waiting, outcome: Outcome): void {
    if ("conflict" in outcome) reject(new ConflictError(outcome.conflict));
    else if ("failure" in outcome) reject(this.#failed(outcome.failure));
    else {
      const { revision } = outcome;
      if (revision > this.#recent.last) this.#recent.push({ revision, changes: changesOf(operations, outcome) });
      resolve(revision);
    }
  }

  #failed({ type, message }: Failure): Error {
    const cause = new Error(message);
    if (type === "full") return new StoreUnavailableError("its disk is full", { cause });
    if (type === "read-only") return new StoreUnavailableError("its disk is read-only", { cause });
    const error = new Error("write to the database file", { cause });
    if (type === "io" || type === "damaged") this.#broken ??= error;
    return error;
  }
}

function changesOf(
  operations: readonly Operation[],
  { revision, absent }: { revision: number; absent: readonly number[] },
): Change[] {
  const changes: Change[] = [];
  for (const [i, operation] of operations.entries()) {
    if (operation.type === "check" || absent.includes(i)) continue;
    const { kind, id } = operation;
    if (operation.type === "delete") changes.push({ kind, id, row: undefined });
    else changes.push({ kind, id, row: { kind, id, revision, value: operation.value, indexes: operation.indexes } });
  }
  return changes;
}
