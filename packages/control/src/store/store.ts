/**
 * Where the control plane keeps its state: rows of bytes under (kind, id), changed only by atomic compare-and-swap
 * commits that are numbered 1, 2, 3, …; the number is the revision of the rows that the commit wrote.
 * All implementations pass one conformance and property suite.
 */
export interface Store extends AsyncDisposable {
  /** memory, sqlite, postgres. */
  readonly name: string;
  /** What is in it may have been written by another version of this program. */
  readonly durable?: boolean;
  /** The number of the last commit; 0 when there was none. */
  revision(): Promise<number>;
  get(kind: string, id: string): Promise<Row | undefined>;
  /** Rows in the order of their ids. */
  list(kind: string, query?: ListQuery): Promise<Row[]>;
  /**
   * Carries out all operations or none, durably, and answers the commit's revision.
   * Commits of one process are carried out in the order in which they are given.
   * Throws ConflictError when a row is not at the revision expected, or a unique key is taken, and
   * StoreUnavailableError when it was not carried out for want of room. Expectations are about the state before the
   * commit, unique keys about the state after it; one commit writes a row at most once. A commit that changes nothing
   * (only checks, or deletes of what is not there) takes no number: it answers the last revision.
   */
  commit(operations: readonly Operation[]): Promise<number>;
  /**
   * Every commit after revision `after`, in order and without gaps, then those to come, until `signal` aborts.
   * Throws CompactedError when commits so far back are no longer known, or `after` was never reached by this store.
   */
  watch(after: number, signal: AbortSignal): AsyncIterable<Commit>;
  /**
   * Takes or prolongs the lease `name` for `holder`. Answers false while another holder's has not expired.
   * `now` and `ttlMs` in milliseconds of the caller's clock.
   */
  acquireLease(lease: { name: string; holder: string; now: number; ttlMs: number }): Promise<boolean>;
  releaseLease(name: string, holder: string): Promise<void>;
}

export interface Row {
  kind: string;
  id: string;
  revision: number;
  value: Uint8Array;
  /** Index name → value, to list by. */
  indexes: Readonly<Record<string, string>>;
}

export interface ListQuery {
  /** Only rows whose index has this value. */
  where?: { index: string; value: string };
  /** Only rows behind this id, in the direction of the listing. */
  after?: string;
  limit?: number;
  /** Highest id first. */
  reverse?: boolean;
}

export type Operation =
  | {
      type: "put";
      kind: string;
      id: string;
      value: Uint8Array;
      indexes: Readonly<Record<string, string>>;
      /** No other row of this kind may have one of these keys. */
      unique: readonly string[];
      /** 0: the row must not exist. Undefined: whatever it is. */
      expect: number | undefined;
    }
  | { type: "delete"; kind: string; id: string; expect: number | undefined }
  /** Writes nothing; the commit fails unless the row is at this revision (0: absent). */
  | { type: "check"; kind: string; id: string; expect: number };

export interface Commit {
  revision: number;
  changes: readonly Change[];
}

export interface Change {
  kind: string;
  id: string;
  /** Undefined: deleted. */
  row: Row | undefined;
}

/** The commit lost a race, or breaks a unique key. Nothing was written. */
export class ConflictError extends Error {
  readonly conflict: { type: "revision"; kind: string; id: string } | { type: "unique"; kind: string; key: string };

  constructor(conflict: ConflictError["conflict"]) {
    super(
      conflict.type === "unique"
        ? `${conflict.kind}: unique key ${conflict.key} is taken`
        : `${conflict.kind} ${conflict.id} is not at the revision expected`,
    );
    this.name = "ConflictError";
    this.conflict = conflict;
  }
}

/** The commits asked for are no longer kept: read everything again. */
export class CompactedError extends Error {
  constructor(after: number) {
    super(`commits after revision ${after} are no longer known`);
    this.name = "CompactedError";
  }
}

/** The store cannot take writes now, and did not carry this one out; it may later (its disk was full, …). */
export class StoreUnavailableError extends Error {
  /** For people: "its disk is full". */
  readonly why: string;

  constructor(why: string, options?: { cause: unknown }) {
    super(`the store cannot write: ${why}`, options);
    this.name = "StoreUnavailableError";
    this.why = why;
  }
}

/** A commit that writes a row twice is a mistake of the caller. */
export function assertOncePerRow(operations: readonly Operation[]): void {
  const written = new Set<string>();
  for (const { type, kind, id } of operations) {
    if (type === "check") continue;
    const key = `${kind}\n${id}`;
    if (written.has(key)) throw new Error(`one commit writes ${kind} ${id} twice`);
    written.add(key);
  }
}
