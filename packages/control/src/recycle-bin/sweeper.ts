import { timestampMs } from "@bufbuild/protobuf/wkt";
import { WorkQueue, type Clock, type Log, type WorkResult } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";
import { isPurgeDue, purgeVm } from "./recycle-vm.ts";
import { recycledVms } from "./table.ts";

/** A timer's longest stretch. */
const longestWaitMs = 3600_000;

/** Purges VMs whose time in the recycle bin is over, by the clock. */
export class RecycleBinSweeper {
  readonly #parts: { db: Database; clock: Clock; log: Log };
  readonly #queue: WorkQueue;
  #subscription: Disposable | undefined;

  constructor(parts: { db: Database; clock: Clock; log: Log }) {
    this.#parts = parts;
    this.#queue = new WorkQueue((id) => this.#sweep(id), {
      clock: parts.clock,
      backoff: { baseMs: 500, maxMs: 30_000 },
      onFailure: (id, cause, failures) =>
        parts.log.warn("recycle bin: will try again", { vm: id, failures, err: cause }),
    });
  }

  get busy(): boolean {
    return this.#queue.busy;
  }

  start(): void {
    const { db } = this.#parts;
    this.#subscription = db.subscribe((changes) => {
      for (const { table, id, after } of changes) if (table.kind === recycledVms.kind && after) this.#queue.add(id);
    });
    for (const { id } of db.all(recycledVms)) this.#queue.add(id);
  }

  async stop(): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    await this.#queue.stop();
  }

  async #sweep(id: string): Promise<WorkResult> {
    const { db, clock } = this.#parts;
    const row = db.find(recycledVms, id);
    if (!row) return;
    if (row.purgeAt && !isPurgeDue(row, clock.now())) {
      const leftMs = timestampMs(row.purgeAt) - clock.now();
      return { againInMs: Math.min(leftMs, longestWaitMs), background: true };
    }
    await db.transact((tx) => void purgeVm(tx, clock, id));
  }
}
