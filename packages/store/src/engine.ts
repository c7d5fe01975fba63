import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Commit, ListQuery, Operation, Row } from "@limiquantix/control/store";
import { failureOf } from "./failure.ts";
import type { Conflict, FileOptions, Outcome, WriterCalls } from "./messages.ts";
import { openFile } from "./open-file.ts";
import { rowSql } from "./statements.ts";

/** Old commits are dropped this many at a time. */
const compactEvery = 64;

type Put = Extract<Operation, { type: "put" }>;

interface Stored {
  revision: number;
  indexes: string;
  keys: string;
}

/** The store on one SQLite connection, synchronous: what the writer thread runs. */
export class Engine implements Omit<WriterCalls, "open"> {
  readonly #db: DatabaseSync;
  readonly #keepCommits: number;
  readonly #statements = new Map<string, StatementSync>();
  #revision: number;
  /** The oldest commit that is kept; `#revision` + 1 when none is. */
  #oldest: number;

  constructor({ path, keepCommits, maxBytes }: FileOptions) {
    this.#db = openFile(path, maxBytes);
    this.#keepCommits = keepCommits;
    this.#revision = Number(this.#sql(rowSql.revision).get()!["revision"]);
    this.#oldest = Number(this.#sql(rowSql.oldest).get()!["oldest"] ?? this.#revision + 1);
  }

  get revision(): number {
    return this.#revision;
  }

  /**
   * All commits in one SQLite transaction, so in one fsync. Each sees those before it, and is checked whole before it
   * writes, so a conflict needs no undoing. Where SQLite itself fails, each is tried again alone.
   */
  commit(batch: readonly (readonly Operation[])[]): Outcome[] {
    try {
      return this.#inTransaction(() => batch.map((operations) => this.#commitOne(operations)));
    } catch (error) {
      const failure = failureOf(error);
      if (batch.length === 1 || failure.type === "io") return batch.map(() => ({ failure }));
      return batch.flatMap((operations) => this.commit([operations]));
    }
  }

  get(kind: string, id: string): Row | undefined {
    const row = this.#sql(rowSql.get).get(kind, id);
    return row && toRow(row);
  }

  list(kind: string, { where, after, limit, reverse = false }: ListQuery): Row[] {
    const args: (string | number)[] = [kind];
    if (where) args.push(where.index, where.value);
    if (after !== undefined) args.push(after);
    args.push(limit ?? -1);
    const sql = rowSql.list({ where: where !== undefined, after: after !== undefined, reverse });
    return this.#sql(sql)
      .all(...args)
      .map(toRow);
  }

  commitsSince(after: number, max: number): Commit[] | undefined {
    if (after > this.#revision || after < this.#oldest - 1) return undefined;
    const commits: { revision: number; changes: { kind: string; id: string; row: Row | undefined }[] }[] = [];
    for (const found of this.#sql(rowSql.changes).all(after, after + max)) {
      const { kind, id, revision } = found as { kind: string; id: string; revision: number };
      if (commits.at(-1)?.revision !== revision) commits.push({ revision, changes: [] });
      commits.at(-1)!.changes.push({ kind, id, row: found["value"] === null ? undefined : toRow(found) });
    }
    return commits;
  }

  acquireLease({ name, holder, now, ttlMs }: { name: string; holder: string; now: number; ttlMs: number }): boolean {
    return this.#sql(rowSql.acquireLease).run(name, holder, now + ttlMs, now).changes === 1;
  }

  releaseLease(name: string, holder: string): void {
    this.#sql(rowSql.releaseLease).run(name, holder);
  }

  close(): void {
    this.#db.close();
  }

  #inTransaction<T>(work: () => T): T {
    const before = { revision: this.#revision, oldest: this.#oldest };
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      if (this.#revision !== before.revision) {
        this.#sql(rowSql.setRevision).run(this.#revision);
        this.#compact();
      }
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      this.#revision = before.revision;
      this.#oldest = before.oldest;
      // SQLite has rolled back by itself after some errors, a full disk among them.
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  #commitOne(operations: readonly Operation[]): Outcome {
    const stored = operations.map(({ kind, id }) => this.#sql(rowSql.stored).get(kind, id) as unknown as Stored);
    const conflict = revisionConflict(operations, stored) ?? this.#uniqueConflict(operations);
    if (conflict) return { conflict };

    const revision = this.#revision + 1;
    const absent: number[] = [];
    // All that held a key let go of it before any takes one: two rows may swap theirs.
    operations.forEach((operation, i) => this.#dropKeys(operation, stored[i]));
    let position = 0;
    operations.forEach((operation, i) => {
      if (operation.type === "check") return;
      const before = stored[i];
      if (operation.type === "delete" && !before) {
        absent.push(i);
        return;
      }
      if (operation.type === "put") this.#put(operation, before, revision);
      else this.#delete(operation, before!);
      const value = operation.type === "put" ? operation.value : null;
      const indexes = operation.type === "put" ? JSON.stringify(operation.indexes) : null;
      this.#sql(rowSql.addChange).run(revision, position++, operation.kind, operation.id, value, indexes);
    });
    if (position === 0) return { revision: this.#revision, absent };
    this.#revision = revision;
    return { revision, absent };
  }

  /** Against the state that the commit would make. */
  #uniqueConflict(operations: readonly Operation[]): Conflict | undefined {
    const written = new Set(operations.filter((o) => o.type !== "check").map(({ kind, id }) => `${kind}\n${id}`));
    const taken = new Map<string, string>();
    for (const operation of operations) {
      if (operation.type !== "put") continue;
      const { kind, id, unique } = operation;
      for (const key of unique) {
        const holder = this.#sql(rowSql.keyHolder).get(kind, key)?.["id"];
        const second = taken.get(`${kind}\n${key}`);
        const held = holder !== undefined && holder !== id && !written.has(`${kind}\n${String(holder)}`);
        if (held || (second !== undefined && second !== id)) return { type: "unique", kind, key };
        taken.set(`${kind}\n${key}`, id);
      }
    }
    return undefined;
  }

  #dropKeys(operation: Operation, before: Stored | undefined): void {
    if (!before || operation.type === "check") return;
    if (operation.type === "put" && before.keys === JSON.stringify(operation.unique)) return;
    for (const key of JSON.parse(before.keys) as string[]) this.#sql(rowSql.dropKey).run(operation.kind, key);
  }

  #put({ kind, id, value, indexes, unique }: Put, before: Stored | undefined, revision: number): void {
    const [newIndexes, newKeys] = [JSON.stringify(indexes), JSON.stringify(unique)];
    this.#sql(rowSql.put).run(kind, id, revision, value, newIndexes, newKeys);
    if (before?.keys !== newKeys) for (const key of new Set(unique)) this.#sql(rowSql.addKey).run(kind, key, id);
    if (before?.indexes === newIndexes) return;
    if (before) this.#dropIndexes(kind, id, before);
    for (const [name, of] of Object.entries(indexes)) this.#sql(rowSql.addIndex).run(kind, name, of, id);
  }

  #delete({ kind, id }: Operation, before: Stored): void {
    this.#sql(rowSql.delete).run(kind, id);
    this.#dropIndexes(kind, id, before);
  }

  #dropIndexes(kind: string, id: string, before: Stored): void {
    for (const [name, of] of Object.entries(JSON.parse(before.indexes) as Record<string, string>)) {
      this.#sql(rowSql.dropIndex).run(kind, name, of, id);
    }
  }

  #compact(): void {
    const keepFrom = this.#revision - this.#keepCommits + 1;
    if (keepFrom < this.#oldest + compactEvery) return;
    this.#sql(rowSql.dropChanges).run(keepFrom);
    this.#oldest = keepFrom;
  }

  #sql(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }
}

function revisionConflict(
  operations: readonly Operation[],
  stored: readonly (Stored | undefined)[],
): Conflict | undefined {
  for (const [i, { kind, id, expect }] of operations.entries()) {
    if (expect !== undefined && expect !== (stored[i]?.revision ?? 0)) return { type: "revision", kind, id };
  }
  return undefined;
}

function toRow(found: Record<string, unknown>): Row {
  const { kind, id, revision, value } = found as unknown as Row;
  return { kind, id, revision, value, indexes: JSON.parse(String(found["indexes"])) as Record<string, string> };
}
