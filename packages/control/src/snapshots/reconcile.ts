import {
  fromConnectError,
  problem,
  Problem,
  Reason,
  Snapshot_Phase,
  type Snapshot,
  type Volume,
} from "@limiquantix/api";
import type { SnapshotReport } from "@limiquantix/api/daemon";
import { WorkQueue, type Clock, type Log, type WorkResult } from "@limiquantix/kit";
import type { HostClients } from "../hosts/host-clients.ts";
import { hostnameOf, nameOnHost } from "../pools/pool.ts";
import type { PoolReconciler } from "../pools/reconcile.ts";
import type { Database, TableChange } from "../store/database.ts";
import { nodes, pools, snapshots, vms, volumes } from "../tables.ts";
import { TaskReporter } from "../tasks/task-reporter.ts";
import { patienceWith } from "../vms/patience.ts";
import { deletionFailed, snapshotFailed, snapshotGone, snapshotTaken } from "./outcome.ts";
import { planSnapshot } from "./plan.ts";
import { releaseTaken } from "./taken.ts";
import { isUndone } from "./snapshot.ts";

export interface SnapshotReconcilerParts {
  db: Database;
  clock: Clock;
  log: Log;
  hosts: HostClients;
  pools: Pick<PoolReconciler, "told">;
}

/**
 * Has VMs' hosts take and delete snapshots. Takes no input but the rows: one that was killed goes on where it was, and the
 * host answers what it has done already.
 */
export class SnapshotReconciler {
  readonly #parts: SnapshotReconcilerParts;
  readonly #queue: WorkQueue;
  readonly #running = new Map<string, { nodeId: string; phase: Snapshot_Phase; abort: AbortController }>();
  /** Failures in a row of one phase that may be a mistake of the host's. */
  readonly #failures = new Map<string, { phase: Snapshot_Phase; count: number }>();
  #subscription: Disposable | undefined;

  constructor(parts: SnapshotReconcilerParts) {
    this.#parts = parts;
    this.#queue = new WorkQueue((id, signal) => this.#reconcile(id, signal), {
      clock: parts.clock,
      backoff: { baseMs: 500, maxMs: 30_000 },
      // Layers are merged for as long as that takes.
      concurrency: 256,
      onFailure: (id, cause, failures) =>
        parts.log.warn("snapshot: will try again", { snapshot: id, failures, err: cause }),
    });
  }

  get busy(): boolean {
    return this.#queue.busy;
  }

  start(): void {
    this.#subscription = this.#parts.db.subscribe((changes) => this.#notice(changes));
    for (const { id } of this.#parts.db.all(snapshots)) this.#queue.add(id);
  }

  async stop(): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    await this.#queue.stop();
  }

  hostReachable(nodeId: string): void {
    for (const snapshot of this.#parts.db.all(snapshots)) {
      if (this.#nodeOf(snapshot) === nodeId) this.#queue.add(snapshot.id);
    }
  }

  hostUnreachable(nodeId: string): void {
    for (const [id, work] of this.#running) {
      if (work.nodeId !== nodeId) continue;
      work.abort.abort(problem(Reason.NODE_UNREACHABLE, { node: nodeId, cause: "it was lost" }));
      this.#queue.add(id);
    }
  }

  #notice(changes: readonly TableChange[]): void {
    for (const { table, id, before, after } of changes) {
      if (table.kind === snapshots.kind && after) {
        const work = this.#running.get(id);
        if (work && work.phase !== (after as Snapshot).phase) work.abort.abort(outdated);
        this.#queue.add(id);
      }
      // Who needed it may be gone, or made.
      if (table.kind === vms.kind) this.#wakeTaken(id);
      if (table.kind === volumes.kind) this.#wakeSource((before ?? after) as Volume);
    }
  }

  /** What was taken for a clone of this VM, and might be needed no longer. */
  #wakeTaken(vmId: string): void {
    for (const { id, takenForVmId } of this.#parts.db.by(snapshots, "vm", vmId)) if (takenForVmId) this.#queue.add(id);
  }

  #wakeSource({ spec }: Volume): void {
    const { from } = spec?.source ?? {};
    if (from?.case !== "snapshot") return;
    const source = this.#parts.db.find(snapshots, from.value.snapshotId);
    if (source?.takenForVmId) this.#queue.add(source.id);
  }

  /** The host to ask: the VM's, or, where there is no VM any more, the one that may have its memory. */
  #nodeOf({ vmId, memoryNodeId }: Snapshot): string {
    return this.#parts.db.find(vms, vmId)?.status?.nodeId ?? memoryNodeId;
  }

  async #reconcile(id: string, stop: AbortSignal): Promise<WorkResult> {
    const { db, clock, hosts } = this.#parts;
    const snapshot = db.find(snapshots, id);
    if (!snapshot) return;
    const nodeId = this.#nodeOf(snapshot);
    const host = hosts.reachable(nodeId) ? "reachable" : db.find(nodes, nodeId) ? "unreachable" : "gone";
    const plan = planSnapshot(db, snapshot, host);
    switch (plan) {
      case "nothing":
        return;
      case "wait":
        return this.#reporter(snapshot).waitsFor(hostnameOf(db, nodeId));
      case "release":
        return db.transact((tx) => releaseTaken(tx, clock, id));
      case "forget":
        return db.transact((tx) => snapshotGone(tx, clock, id));
      case "take":
      case "delete":
        return this.#work(plan, { snapshot, nodeId, stop });
    }
  }

  async #work(
    what: "take" | "delete",
    { snapshot, nodeId, stop }: { snapshot: Snapshot; nodeId: string; stop: AbortSignal },
  ): Promise<WorkResult> {
    const { db, clock } = this.#parts;
    const { id, phase } = snapshot;
    const abort = new AbortController();
    this.#running.set(id, { nodeId, phase, abort });
    const signal = AbortSignal.any([stop, abort.signal]);
    try {
      const report = await this.#ask(what, snapshot, { nodeId, signal });
      this.#failures.delete(id);
      await db.transact((tx) => (what === "take" ? snapshotTaken(tx, clock, id, report) : snapshotGone(tx, clock, id)));
    } catch (error) {
      await this.#failed(snapshot, error, { nodeId, signal });
    } finally {
      this.#running.delete(id);
    }
  }

  async #ask(
    what: "take" | "delete",
    snapshot: Snapshot,
    { nodeId, signal }: { nodeId: string; signal: AbortSignal },
  ): Promise<SnapshotReport> {
    const { db, hosts } = this.#parts;
    const { id: snapshotId, vmId, memoryNodeId, quiesceWanted: quiesce } = snapshot;
    const reporter = this.#reporter(snapshot);
    // Of a VM that is gone the volumes go, and their snapshots with them.
    const disks = db.find(vms, vmId) ? this.#places(snapshot) : [];
    await this.#parts.pools.told(
      nodeId,
      disks.map(({ poolId }) => poolId),
      signal,
    );
    const request = { vmId, snapshotId, volumes: disks.map(({ place }) => place) };
    const client = hosts.client(nodeId);
    const stream =
      what === "take"
        ? client.createSnapshot({ ...request, includeMemory: memoryNodeId !== "", quiesce }, { signal })
        : client.deleteSnapshot(request, { signal });
    for await (const { percent, message, done } of stream) {
      if (done) return done;
      await reporter.step({ step: "host", percent, stepPercent: percent, message });
    }
    // The host was stopped in the middle: it goes on when it is back.
    throw problem(Reason.UNAVAILABLE, { what: hostnameOf(db, nodeId), why: "it ended the work without an answer" });
  }

  /** Where its disks are now. */
  #places({ disks }: Snapshot) {
    const { db } = this.#parts;
    return disks.flatMap(({ diskId, volumeId, storagePoolId }) => {
      const pool = db.find(pools, db.find(volumes, volumeId)?.spec?.storagePoolId ?? storagePoolId);
      return pool ? [{ poolId: pool.id, place: { diskId, volumeId, pool: nameOnHost(pool) } }] : [];
    });
  }

  /** Decides by the reason whether it is tried again. Throwing lets the queue wait and come back. */
  async #failed(
    snapshot: Snapshot,
    error: unknown,
    { nodeId, signal }: { nodeId: string; signal: AbortSignal },
  ): Promise<void> {
    const { db, clock, log } = this.#parts;
    const { id, phase } = snapshot;
    if (signal.aborted) {
      if (signal.reason instanceof Problem) this.#queue.add(id);
      return;
    }
    const current = db.find(snapshots, id);
    if (current?.phase !== phase) return;
    const cause = fromConnectError(error, `host ${hostnameOf(db, nodeId)}`);
    const before = this.#failures.get(id);
    const count = before?.phase === phase ? before.count + 1 : 1;
    this.#failures.set(id, { phase, count });
    const undoes = isUndone(current) || !db.find(vms, current.vmId);
    if (undoes || count < patienceWith(cause)) {
      await this.#reporter(snapshot).trouble(cause);
      throw cause;
    }
    this.#failures.delete(id);
    log.warn("snapshot: its host could not do it", { snapshot: id, node: nodeId, err: cause });
    await db.transact((tx) => {
      if (phase === Snapshot_Phase.CREATING) snapshotFailed(tx, clock, id, cause);
      else deletionFailed(tx, clock, id, cause);
    });
  }

  #reporter({ vmId, id }: Snapshot): TaskReporter {
    const { db, clock } = this.#parts;
    return new TaskReporter({ db, clock }, { id: vmId, generation: 0n, subjectId: id });
  }
}

const outdated = problem(Reason.SUPERSEDED, { by: "another wish for the snapshot" });
