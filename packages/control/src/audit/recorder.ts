import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AuditRecord_Outcome, AuditRecordSchema, type AuditRecord } from "@limiquantix/api";
import { PendingAuditRowSchema, type PendingAuditRow } from "@limiquantix/api/rows";
import { newId, WorkQueue, type Clock, type Log } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";
import { FloodGate } from "./flood.ts";
import { pendingAudit } from "./tables.ts";

const batch = 200;
/** Records that wait for the store; beyond, they are counted only. */
const maxWaiting = 10_000;

/**
 * Writes down what is known only after the fact: calls that were refused or failed, and those that write nothing
 * themselves. Records that come while others are written share the next transaction.
 */
export class AuditRecorder {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #work: WorkQueue;
  readonly #flood: FloodGate;
  readonly #waiting: PendingAuditRow[] = [];
  #attempt: (() => void)[] = [];
  #lost = 0;

  constructor({ db, clock, log }: { db: Database; clock: Clock; log: Log }) {
    this.#db = db;
    this.#clock = clock;
    this.#flood = new FloodGate(clock, (summary) => this.#add(summary));
    this.#work = new WorkQueue(() => this.#flush(), {
      clock,
      backoff: { baseMs: 500, maxMs: 30_000 },
      onFailure: (_, err, failures) =>
        log.error("audit records cannot be written", { err, failures, waiting: this.#waiting.length }),
    });
  }

  get busy(): boolean {
    return this.#work.busy;
  }

  /** Resolves when the record is in the store, or the attempt to bring it there has failed: it is then tried again. */
  write(record: AuditRecord): Promise<void> {
    if (!this.#flood.admits(record)) return Promise.resolve();
    this.#add(record);
    return this.written();
  }

  /** Resolves after the next attempt to write what waits. */
  written(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#attempt.push(resolve));
  }

  async stop(): Promise<void> {
    this.#flood.close();
    // At once, also where a failure's time has not run out.
    if (this.#waiting.length > 0) this.#work.add("waiting");
    await this.written();
    await this.#work.stop();
  }

  #add(record: AuditRecord): void {
    if (this.#waiting.length >= maxWaiting) this.#lost++;
    else this.#waiting.push(create(PendingAuditRowSchema, { id: newId(), record }));
    this.#work.add("waiting");
  }

  async #flush(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const rows = this.#waiting.slice(0, batch);
        await this.#db.transact((tx) => {
          for (const row of rows) if (!tx.find(pendingAudit, row.id)) tx.insert(pendingAudit, row);
        });
        this.#waiting.splice(0, rows.length);
        if (this.#lost > 0) this.#tellLost();
      }
    } finally {
      for (const resolve of this.#attempt.splice(0)) resolve();
    }
  }

  #tellLost(): void {
    const message = `${this.#lost} records were lost: the store took none for too long`;
    this.#lost = 0;
    const record = create(AuditRecordSchema, {
      at: timestampFromMs(this.#clock.now()),
      actorKind: "system",
      address: "in-process",
      outcome: AuditRecord_Outcome.FAILED,
      message,
    });
    this.#waiting.push(create(PendingAuditRowSchema, { id: newId(), record }));
  }
}
