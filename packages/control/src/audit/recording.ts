import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { AuditRecord_Outcome } from "@limiquantix/api";
import { PendingAuditRowSchema } from "@limiquantix/api/rows";
import { newId, type Clock } from "@limiquantix/kit";
import type { AuditEntry } from "./entry.ts";
import type { Database, Transaction } from "../store/database.ts";
import type { Table } from "../store/table.ts";
import { ChangeList } from "./changes.ts";
import { aboutRequest, beginRecord, setAbout, type About, type Caller } from "./record.ts";
import { describe, subjectOf } from "./subjects.ts";
import { pendingAudit } from "./tables.ts";

/** What a call does, for the record. */
export interface Act {
  /** VMService.StartVM */
  method: string;
  request: object;
}

/** What a transaction wrote: the rows as they were before, in the order in which they were first written. */
export class Writes {
  /** The ids of what was inserted and updated. */
  readonly ids = new Set<string>();
  readonly #rows = new Map<string, { table: Table; id: string; before: unknown }>();

  /** The transaction, noting what it writes. */
  noting(tx: Transaction): Transaction {
    const note = (table: Table, id: string, before: unknown) => {
      const key = `${table.kind}/${id}`;
      if (!this.#rows.has(key)) this.#rows.set(key, { table, id, before });
    };
    const { ids } = this;
    return {
      find: (table, id) => tx.find(table, id),
      get: (table, id) => tx.get(table, id),
      by: (table, index, value) => tx.by(table, index, value),
      insert<D extends DescMessage>(table: Table<D>, message: MessageShape<D>) {
        tx.insert(table, message);
        const { id } = message as { id?: unknown };
        if (typeof id !== "string") return;
        note(table as unknown as Table, id, undefined);
        ids.add(id);
      },
      update(table, id, change) {
        const before = tx.find(table, id);
        const after = tx.update(table, id, change);
        note(table as unknown as Table, id, before);
        ids.add(id);
        return after;
      },
      delete(table, id) {
        if (table.cached) note(table as unknown as Table, id, tx.find(table, id));
        tx.delete(table, id);
      },
    };
  }

  *[Symbol.iterator](): Generator<{ table: Table; id: string; before: unknown }, undefined> {
    yield* this.#rows.values();
  }

  has(kind: string, id: string): boolean {
    return this.#rows.has(`${kind}/${id}`);
  }
}

/** Puts the record of an act that succeeds into the transaction that carries it out. */
export function recordSuccess(
  tx: Transaction,
  parts: { db: Pick<Database, "find" | "by">; clock: Clock; caller: Caller },
  act: Act,
  writes: Writes,
): void {
  const record = beginRecord(parts.caller, act.method, parts.clock.now());
  record.outcome = AuditRecord_Outcome.SUCCEEDED;
  const list = new ChangeList();
  let first: About | undefined;
  let inserted: About | undefined;
  for (const { table, id, before } of writes) {
    const after = table.cached ? tx.find(table, id) : undefined;
    if (table.kind === "task" && !before) record.taskId ||= id;
    const subject = subjectOf(table.kind);
    if (!subject || (!before && !after)) continue;
    const { name, projectId } = describe(table.kind, after ?? before);
    const object = { kind: table.kind, id, name };
    first ??= { object, projectId };
    if (!before) inserted ??= { object, projectId };
    list.add(object, before ? subject.json(before) : undefined, after ? subject.json(after) : undefined);
  }
  const asked = aboutRequest(parts.db, act.method, act.request);
  const isAsked = asked.object !== undefined && writes.has(asked.object.kind, asked.object.id);
  const about = isAsked ? asked : (inserted ?? (asked.object ? asked : first));
  Object.assign(record, { changes: list.changes, changesCut: list.cut });
  setAbout(record, about);
  tx.insert(pendingAudit, create(PendingAuditRowSchema, { id: newId(), record }));
}

/**
 * A transaction of a call with its record in it: both are there or neither. For what is not done by `mutate`.
 */
export async function auditedTransaction<R>(
  parts: { db: Database; clock: Clock },
  call: Caller & { audit?: AuditEntry | undefined },
  act: Act,
  work: (tx: Transaction) => R,
): Promise<R> {
  const { db, clock } = parts;
  const result = await db.transact((tx) => {
    const writes = new Writes();
    const answer = work(writes.noting(tx));
    recordSuccess(tx, { db, clock, caller: call }, act, writes);
    return answer;
  });
  if (call.audit) call.audit.recorded = true;
  return result;
}
