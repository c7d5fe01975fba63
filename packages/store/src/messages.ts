import type { Commit, ListQuery, Operation, Row } from "@limiquantix/control/store";

/** What the store asks of its writer thread. The writer imports nothing of the control plane but types: it starts fast. */
export interface WriterCalls {
  open(file: FileOptions): number;
  commit(batch: readonly (readonly Operation[])[]): Outcome[];
  get(kind: string, id: string): Row | undefined;
  list(kind: string, query: ListQuery): Row[];
  /** Undefined: they are no longer kept. */
  commitsSince(after: number, max: number): Commit[] | undefined;
  acquireLease(lease: { name: string; holder: string; now: number; ttlMs: number }): boolean;
  releaseLease(name: string, holder: string): void;
  close(): void;
}

export interface FileOptions {
  path: string;
  keepCommits: number;
  /** The database grows no larger than this. Undefined: as large as its disk allows. */
  maxBytes?: number | undefined;
}

/** What became of one commit of a batch. */
export type Outcome =
  /** `absent`: the positions of deletes that found nothing. */
  { revision: number; absent: readonly number[] } | { conflict: Conflict } | { failure: Failure };

export type Conflict = { type: "revision"; kind: string; id: string } | { type: "unique"; kind: string; key: string };

export interface Failure {
  /**
   * full, read-only: not carried out, later ones may be. in-use: another process has the file. wrong-file: another
   * program's or a newer version's. damaged: SQLite finds it corrupt. io: the disk failed, so the outcome is not known.
   */
  type: "full" | "read-only" | "in-use" | "wrong-file" | "damaged" | "io" | "other";
  message: string;
}

export interface Request {
  call: number;
  method: keyof WriterCalls;
  args: readonly unknown[];
}

export type Reply = { call: number; result: unknown } | { call: number; failure: Failure };
