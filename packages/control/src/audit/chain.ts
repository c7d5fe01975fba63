import { create } from "@bufbuild/protobuf";
import { AuditRecordSchema } from "@limiquantix/api";
import { AuditHeadRowSchema, type AuditHeadRow, type PendingAuditRow } from "@limiquantix/api/rows";
import { WorkQueue, type Clock, type Log } from "@limiquantix/kit";
import type { Database, Transaction } from "../store/database.ts";
import { firstPreviousHash, hashOf } from "./canonical.ts";
import { auditHeads, auditId, auditLog, chainHeadId, pendingAudit } from "./tables.ts";

/** Records that are moved in one transaction. */
const batch = 256;

/**
 * Moves records into the chain in the order of their commits, woken by each. One transaction takes them from the pending
 * rows, gives them their places and hashes and moves the head on, so whenever the process dies each is in exactly one of
 * the two; and of two replicas that seal, one loses the race for the head and begins again.
 */
export class AuditChain {
  readonly #db: Database;
  readonly #work: WorkQueue;
  #subscription: Disposable | undefined;
  #round: (() => void)[] = [];

  constructor({ db, clock, log }: { db: Database; clock: Clock; log: Log }) {
    this.#db = db;
    this.#work = new WorkQueue(() => this.#sealAll(), {
      clock,
      backoff: { baseMs: 200, maxMs: 30_000 },
      onFailure: (_, err, failures) => log.error("audit records cannot be sealed", { err, failures }),
    });
  }

  get busy(): boolean {
    return this.#work.busy;
  }

  start(): void {
    const { kind } = pendingAudit;
    this.#subscription = this.#db.subscribe((changes) => {
      if (changes.some(({ table, after }) => table.kind === kind && after)) this.#work.add(chainHeadId);
    });
    if (this.#db.count(pendingAudit) > 0) this.#work.add(chainHeadId);
  }

  /** Resolves when what is committed now is in the chain, or the attempt to bring it there has failed. */
  async sealed(): Promise<void> {
    if (!this.#subscription || this.#db.count(pendingAudit) === 0) return;
    await new Promise<void>((resolve) => {
      this.#round.push(resolve);
      this.#work.add(chainHeadId);
    });
  }

  async stop(): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = undefined;
    await this.#work.stop();
    for (const resolve of this.#round.splice(0)) resolve();
  }

  async #sealAll(): Promise<void> {
    const waiting = this.#round.splice(0);
    try {
      for (let ids = this.#pending(); ids.length > 0; ids = this.#pending()) {
        await this.#db.transact((tx) => seal(tx, ids));
      }
    } finally {
      for (const resolve of waiting) resolve();
    }
  }

  #pending(): string[] {
    const rows = [...this.#db.all(pendingAudit)].toSorted(byCommit);
    return rows.slice(0, batch).map(({ id }) => id);
  }
}

/** A pending row is written once: its revision is its commit's. */
function byCommit(a: PendingAuditRow, b: PendingAuditRow): number {
  if (a.revision !== b.revision) return a.revision < b.revision ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

/** Those of the rows that are still there go behind the end of the chain. */
function seal(tx: Transaction, ids: readonly string[]): void {
  const rows = ids.flatMap((id) => tx.find(pendingAudit, id) ?? []);
  if (rows.length === 0) return;
  const { sequence, hash } = headOf(tx);
  // The head first: who lost the race for it hears of that, and not of a record that is there already.
  tx.update(auditHeads, chainHeadId, () => {});
  let [last, previousHash] = [sequence, hash];
  for (const { id, record } of rows) {
    if (!record) throw new Error(`pending audit record ${id} is empty`);
    last++;
    // What it holds is shared with the pending row: nothing of it changes any more.
    const sealed = Object.assign(create(AuditRecordSchema), record, { id: auditId(last), previousHash, hash: "" });
    sealed.hash = hashOf(sealed);
    previousHash = sealed.hash;
    tx.insert(auditLog, sealed);
    tx.delete(pendingAudit, id);
  }
  tx.update(auditHeads, chainHeadId, (head) => void Object.assign(head, { sequence: last, hash: previousHash }));
}

function headOf(tx: Transaction): AuditHeadRow {
  const found = tx.find(auditHeads, chainHeadId);
  if (found) return found;
  const head = create(AuditHeadRowSchema, { id: chainHeadId, sequence: 0n, hash: firstPreviousHash });
  tx.insert(auditHeads, head);
  return head;
}
