import { timestampMs } from "@bufbuild/protobuf/wkt";
import { problem, Reason, Snapshot_Phase, type Snapshot, type SnapshotSchedule } from "@limiquantix/api";
import type { ScheduledSnapshotRow } from "@limiquantix/api/rows";
import { WorkQueue, type Clock, type Log, type WorkResult } from "@limiquantix/kit";
import type { HostClients } from "../hosts/host-clients.ts";
import type { Database, TableChange, Transaction } from "../store/database.ts";
import { schedules, snapshots, vms } from "../tables.ts";
import { askForSnapshot, endWithout } from "./ask.ts";
import { catchUp } from "./instants.ts";
import { noteOutcome } from "./outcome.ts";
import { beginRun, leaveOut, tally } from "./run.ts";
import { changeSchedule, plan, specOf } from "./schedule.ts";
import { scheduledSnapshots } from "./table.ts";

export interface ScheduleReconcilerParts {
  db: Database;
  clock: Clock;
  log: Log;
  hosts: Pick<HostClients, "reachable">;
}

/** A timer's longest stretch; the clock of the machine may be set meanwhile. */
const longestWaitMs = 3600_000;
/** Scheduled snapshots that are taken at the same time, everywhere and on one host: each costs its guest and its disks. */
const mostAtOnce = 64;
const mostOnHost = 4;
/** VMs that are counted in one transaction. */
const batch = 50;
const countsAtMost = 200;

/**
 * Runs snapshot schedules by the clock. It takes no input but the rows: whichever instant it is killed at, the next start
 * reads there what has begun, what is still to be asked, and what has come since.
 */
export class ScheduleReconciler {
  readonly #parts: ScheduleReconcilerParts;
  readonly #queue: WorkQueue;
  /** Schedules that had to leave VMs for when others are done. */
  readonly #waiting = new Set<string>();
  #subscription: Disposable | undefined;

  constructor(parts: ScheduleReconcilerParts) {
    this.#parts = parts;
    this.#queue = new WorkQueue((id) => this.#reconcile(id), {
      clock: parts.clock,
      backoff: { baseMs: 500, maxMs: 30_000 },
      onFailure: (id, cause, failures) =>
        parts.log.warn("snapshot schedule: will try again", { schedule: id, failures, err: cause }),
    });
  }

  get busy(): boolean {
    return this.#queue.busy;
  }

  start(): void {
    this.#subscription = this.#parts.db.subscribe((changes) => this.#notice(changes));
    for (const { id } of this.#parts.db.all(schedules)) this.#queue.add(id);
  }

  async stop(): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    await this.#queue.stop();
  }

  #notice(changes: readonly TableChange[]): void {
    for (const { table, id, before, after } of changes) {
      if (table.kind === schedules.kind && after) this.#queue.add(id);
      if (table.kind !== snapshots.kind) continue;
      const [was, is] = [before as Snapshot | undefined, after as Snapshot | undefined];
      if (!isBeingTaken(was) || isBeingTaken(is)) continue;
      this.#queue.add(was?.scheduleId ?? "");
      for (const waiting of this.#waiting) this.#queue.add(waiting);
    }
  }

  async #reconcile(id: string): Promise<WorkResult> {
    const { db, clock } = this.#parts;
    this.#waiting.delete(id);
    if (!db.find(schedules, id)) return;
    await this.#collect(id);
    if (isDue(db.find(schedules, id), clock.now())) await this.#begin(id);
    await this.#ask(id);
    const ended = this.#rows(id).filter(({ done }) => done);
    if (ended.length > 0) await this.#tally(id, ended);
    return this.#next(id);
  }

  #rows(id: string): ScheduledSnapshotRow[] {
    return this.#parts.db.by(scheduledSnapshots, "schedule", id);
  }

  /** Counts what has ended; also what ended without a word, as with a VM that is gone. */
  async #collect(id: string): Promise<void> {
    const { db } = this.#parts;
    const silent = this.#rows(id).filter((row) => row.snapshotId && !row.done && !isTaking(db, row));
    for (const { id: rowId } of silent) await db.transact((tx) => collect(tx, rowId));
    const ended = this.#rows(id).filter(({ done }) => done);
    await this.#tally(id, ended);
  }

  async #tally(id: string, rows: readonly ScheduledSnapshotRow[]): Promise<void> {
    const { db, clock } = this.#parts;
    for (let i = 0; i < rows.length; i += batch) {
      const ids = rows.slice(i, i + batch).map((row) => row.id);
      await db.transact((tx) => tally(tx, clock, id, ids));
    }
  }

  #begin(id: string): Promise<void> {
    const { db, clock } = this.#parts;
    return db.transact((tx) => {
      const now = clock.now();
      const schedule = tx.find(schedules, id);
      const due = schedule?.status?.nextRunAt;
      if (!schedule || !due || !isDue(schedule, now)) return;
      const { instant, missed } = catchUp(specOf(schedule), { due: timestampMs(due), now, countsAtMost });
      const isAsking = tx.by(scheduledSnapshots, "schedule", id).some((row) => !row.snapshotId && !row.done);
      if (isAsking) leaveOut(tx, clock, schedule, missed + 1);
      else beginRun(tx, { db, clock }, id, { instant, missed });
      changeSchedule(tx, id, (copy) => plan(copy, now));
    });
  }

  async #ask(id: string): Promise<void> {
    const { db, clock } = this.#parts;
    const slots = this.#slots();
    for (const row of this.#rows(id)) {
      if (row.snapshotId || row.done || isEarly(row, clock.now())) continue;
      const nodeId = db.find(vms, row.vmId)?.status?.nodeId ?? "";
      if (!slots.take(nodeId)) {
        this.#waiting.add(id);
        if (slots.full) return;
        continue;
      }
      await db.transact((tx) => askForSnapshot(tx, clock, row.id));
      const asked = db.find(scheduledSnapshots, row.id);
      if (!asked?.snapshotId) slots.giveBack(nodeId);
    }
  }

  /** What is being taken on hosts that are away for now is in nobody's way. */
  #slots() {
    const { db, hosts } = this.#parts;
    const onHost = new Map<string, number>();
    let all = 0;
    const add = (nodeId: string, by: number) => {
      all += by;
      onHost.set(nodeId, (onHost.get(nodeId) ?? 0) + by);
    };
    for (const { vmId } of db.by(snapshots, "scheduled", "taking")) {
      const nodeId = db.find(vms, vmId)?.status?.nodeId ?? "";
      if (hosts.reachable(nodeId)) add(nodeId, 1);
    }
    return {
      get full() {
        return all >= mostAtOnce;
      },
      take(nodeId: string): boolean {
        if (all >= mostAtOnce || (onHost.get(nodeId) ?? 0) >= mostOnHost) return false;
        add(nodeId, 1);
        return true;
      },
      giveBack: (nodeId: string) => add(nodeId, -1),
    };
  }

  #next(id: string): WorkResult {
    const { db, clock } = this.#parts;
    const now = clock.now();
    const again = this.#rows(id).flatMap(({ againAt, snapshotId, done }) =>
      againAt && !snapshotId && !done ? [timestampMs(againAt)] : [],
    );
    if (again.length > 0) return { againInMs: Math.max(0, Math.min(...again) - now) };
    const due = db.find(schedules, id)?.status?.nextRunAt;
    if (!due) return;
    return { againInMs: Math.min(Math.max(0, timestampMs(due) - now), longestWaitMs), background: true };
  }
}

function isDue(schedule: SnapshotSchedule | undefined, now: number): boolean {
  const due = schedule?.status?.nextRunAt;
  return due !== undefined && timestampMs(due) <= now;
}

function isEarly({ againAt }: ScheduledSnapshotRow, now: number): boolean {
  return againAt !== undefined && timestampMs(againAt) > now;
}

function isBeingTaken(snapshot: Snapshot | undefined): boolean {
  return snapshot?.scheduleId !== undefined && snapshot.scheduleId !== "" && snapshot.phase === Snapshot_Phase.CREATING;
}

function isTaking(db: Pick<Transaction, "find">, { snapshotId }: ScheduledSnapshotRow): boolean {
  return db.find(snapshots, snapshotId)?.phase === Snapshot_Phase.CREATING;
}

function collect(tx: Transaction, rowId: string): void {
  const row = tx.find(scheduledSnapshots, rowId);
  if (!row?.snapshotId || row.done || isTaking(tx, row)) return;
  const snapshot = tx.find(snapshots, row.snapshotId);
  if (snapshot?.phase === Snapshot_Phase.READY) return noteOutcome(tx, snapshot);
  endWithout(tx, rowId, problem(Reason.NOT_FOUND, { kind: "snapshot of VM", id: row.vmName }), true);
}
