import { create } from "@bufbuild/protobuf";
import type { AuditRecord } from "@limiquantix/api";
import { AuditHeadRowSchema } from "@limiquantix/api/rows";
import { WorkQueue, type Clock, type Log } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";
import { auditHeads, auditId, auditLog, chainHeadId } from "./tables.ts";

/** Where a copy of the chain goes, outside of the reach of who can write to the database. */
export interface AuditSink extends AsyncDisposable {
  /** syslog. How far it got is kept under this name. */
  readonly name: string;
  /** Resolves when the record is handed over; rejects when it is not known to be, and it is written again. */
  write(record: AuditRecord, signal: AbortSignal): Promise<void>;
}

const batch = 100;

/**
 * Follows the chain and gives each record to the sink, in order and at least once: how far it got is in the store. A
 * sink that is away is tried again, later and later; nothing else waits for it.
 */
export class AuditExporter {
  readonly #db: Database;
  readonly #sink: AuditSink;
  readonly #work: WorkQueue;
  readonly #stop = new AbortController();
  #subscription: Disposable | undefined;

  constructor({ db, clock, log, sink }: { db: Database; clock: Clock; log: Log; sink: AuditSink }) {
    this.#db = db;
    this.#sink = sink;
    this.#work = new WorkQueue(() => this.#exportAll(), {
      clock,
      backoff: { baseMs: 1_000, maxMs: 60_000 },
      onFailure: (_, err, failures) => log.warn("audit records cannot be exported", { to: sink.name, err, failures }),
    });
  }

  get busy(): boolean {
    return this.#work.busy;
  }

  start(): void {
    this.#subscription = this.#db.subscribe((changes) => {
      const moved = changes.some(({ table, id }) => table.kind === auditHeads.kind && id === chainHeadId);
      // A sink that is away keeps its time: each record would else be an attempt.
      if (moved && !this.#failing) this.#work.add(this.#sink.name);
    });
    this.#work.add(this.#sink.name);
  }

  async stop(): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    this.#stop.abort(new Error("the control plane is being stopped"));
    await this.#work.stop();
    await this.#sink[Symbol.asyncDispose]();
  }

  #failing = false;

  async #exportAll(): Promise<void> {
    const id = `sink/${this.#sink.name}`;
    const { signal } = this.#stop;
    this.#failing = true;
    for (;;) {
      const done = this.#db.find(auditHeads, id)?.sequence ?? 0n;
      const records = await this.#db.page(auditLog, { after: auditId(done), limit: batch });
      let last: AuditRecord | undefined;
      try {
        for (const record of records) {
          signal.throwIfAborted();
          await this.#sink.write(record, signal);
          last = record;
        }
      } finally {
        if (last) await this.#advance(id, last);
      }
      if (records.length < batch) break;
    }
    this.#failing = false;
    // What came in between woke nobody.
    const done = this.#db.find(auditHeads, id)?.sequence ?? 0n;
    if ((this.#db.find(auditHeads, chainHeadId)?.sequence ?? 0n) > done) this.#work.add(this.#sink.name);
  }

  async #advance(id: string, { id: recordId, hash }: AuditRecord): Promise<void> {
    const sequence = BigInt(recordId);
    await this.#db.transact((tx) => {
      if (tx.find(auditHeads, id)) tx.update(auditHeads, id, (row) => void Object.assign(row, { sequence, hash }));
      else tx.insert(auditHeads, create(AuditHeadRowSchema, { id, sequence, hash }));
    });
  }
}
