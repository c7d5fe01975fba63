import {
  fromConnectError,
  problem,
  Problem,
  Reason,
  StoragePoolStatus_Phase,
  type PoolReport,
  type StoragePool,
} from "@limiquantix/api";
import { WorkQueue, type Clock, type Log, type WorkResult } from "@limiquantix/kit";
import { dropGrantsOn } from "../access/drop-grants.ts";
import { recordEvent } from "../events/event.ts";
import { hasCondition } from "../hosts/conditions.ts";
import type { HostClients } from "../hosts/host-clients.ts";
import type { Sealer } from "../identity/sealer.ts";
import { updateImageStatus } from "../images/image.ts";
import type { Database, TableChange } from "../store/database.ts";
import { images, nodes, pools } from "../tables.ts";
import { endTask, openTasksOf } from "../tasks/task.ts";
import { contentsOfPool } from "./contents.ts";
import { hostnameOf, isOfHost, poolRef, poolsOfNode } from "./pool.ts";
import { poolSecrets, specWithSecret } from "./pool-secrets.ts";
import { awaits, settleStep, stepWaits } from "./pool-tasks.ts";
import { forgetHost, reportSomePools, rewriteStatus, seeHost } from "./report.ts";

export interface PoolReconcilerParts {
  db: Database;
  clock: Clock;
  log: Log;
  hosts: HostClients;
  sealer: Sealer;
}

/** When a host that could not open a pool is told again, whatever the daemon itself tries meanwhile. */
const tellAgainMs = 30_000;

/**
 * Has each assigned host open its pools, and others let go of them. Hosts keep nothing about pools on disk: they are told
 * after each connect, and whenever a pool changes. One pair of pool and host is worked on once at a time.
 */
export class PoolReconciler {
  readonly #parts: PoolReconcilerParts;
  readonly #queue: WorkQueue;
  /** `pool node` → the generation that the host was told since it is connected. */
  readonly #told = new Map<string, bigint>();
  readonly #waiters = new Map<string, (() => void)[]>();
  /** Calls under way, to be broken off when their host is lost. */
  readonly #running = new Map<string, { nodeId: string; abort: AbortController }>();
  #subscription: Disposable | undefined;

  constructor(parts: PoolReconcilerParts) {
    this.#parts = parts;
    this.#queue = new WorkQueue((key, signal) => this.#reconcile(key, signal), {
      clock: parts.clock,
      backoff: { baseMs: 500, maxMs: 30_000 },
      concurrency: 1024,
      onFailure: (key, cause, failures) => parts.log.warn("pool: will try again", { pool: key, failures, err: cause }),
    });
  }

  get busy(): boolean {
    return this.#queue.busy;
  }

  start(): void {
    this.#subscription = this.#parts.db.subscribe((changes) => this.#notice(changes));
    for (const pool of this.#parts.db.by(pools, "declared", "yes")) this.#wake(pool);
  }

  async stop(): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    await this.#queue.stop();
  }

  /** The host is connected anew: it may know of no pool at all. */
  hostReachable(nodeId: string): void {
    for (const key of this.#told.keys()) if (key.endsWith(` ${nodeId}`)) this.#told.delete(key);
    for (const pool of poolsOfNode(this.#parts.db, nodeId))
      if (!isOfHost(pool)) this.#queue.add(keyOf(pool.id, nodeId));
  }

  hostUnreachable(nodeId: string): void {
    for (const work of this.#running.values()) {
      if (work.nodeId !== nodeId) continue;
      work.abort.abort(problem(Reason.NODE_UNREACHABLE, { node: nodeId, cause: "it was lost" }));
    }
    for (const pool of this.#parts.db.by(pools, "declared", "yes")) {
      const { spec, status } = pool;
      const concerned = spec?.assignedNodeIds.includes(nodeId) || status?.hosts.some((host) => host.nodeId === nodeId);
      if (concerned) this.#queue.add(keyOf(pool.id, nodeId));
    }
  }

  /** What a host has open: what is not its any more, or no pool at all, it is told to let go of. */
  reported(nodeId: string, reports: readonly PoolReport[]): void {
    for (const { poolId } of reports) {
      if (!poolId) continue;
      const pool = this.#parts.db.find(pools, poolId);
      if (!pool || pool.deletedAt || !pool.spec?.assignedNodeIds.includes(nodeId))
        this.#queue.add(keyOf(poolId, nodeId));
    }
  }

  /** Resolves when the host was told about these pools since it is connected, with whatever success; or it is not connected. */
  async told(nodeId: string, poolIds: Iterable<string>, signal: AbortSignal): Promise<void> {
    const { db, hosts } = this.#parts;
    for (const id of poolIds) {
      const pool = db.find(pools, id);
      const key = keyOf(id, nodeId);
      if (!pool || isOfHost(pool) || pool.deletedAt || !pool.spec?.assignedNodeIds.includes(nodeId)) continue;
      if (!hosts.reachable(nodeId) || this.#told.has(key)) continue;
      this.#queue.add(key);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const give = () => reject(signal.reason);
      signal.addEventListener("abort", give, { once: true });
      this.#waiters.set(key, [...(this.#waiters.get(key) ?? []), resolve]);
      try {
        await promise;
      } finally {
        signal.removeEventListener("abort", give);
      }
    }
  }

  #notice(changes: readonly TableChange[]): void {
    for (const { table, before, after } of changes) {
      if (table.kind !== pools.kind) continue;
      const [was, is] = [before as StoragePool | undefined, after as StoragePool | undefined];
      if (is && !isOfHost(is) && (was?.generation !== is.generation || (is.deletedAt && noHosts(is)))) this.#wake(is);
    }
  }

  #wake(pool: StoragePool): void {
    const nodeIds = new Set([
      ...(pool.spec?.assignedNodeIds ?? []),
      ...(pool.status?.hosts.map(({ nodeId }) => nodeId) ?? []),
    ]);
    for (const nodeId of nodeIds) this.#queue.add(keyOf(pool.id, nodeId));
    if (pool.deletedAt && noHosts(pool)) this.#queue.add(keyOf(pool.id, ""));
  }

  async #reconcile(key: string, stop: AbortSignal): Promise<WorkResult> {
    const [poolId = "", nodeId = ""] = key.split(" ");
    const pool = this.#parts.db.find(pools, poolId);
    if (nodeId === "") return pool?.deletedAt ? this.#forget(pool) : undefined;
    const abort = new AbortController();
    this.#running.set(key, { nodeId, abort });
    const signal = AbortSignal.any([stop, abort.signal]);
    try {
      const wanted = pool && !pool.deletedAt && pool.spec?.assignedNodeIds.includes(nodeId);
      return wanted ? await this.#ensure(pool, nodeId, signal) : await this.#release(pool, poolId, nodeId, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#running.delete(key);
      this.#answerWaiters(key);
    }
  }

  async #ensure(pool: StoragePool, nodeId: string, signal: AbortSignal): Promise<WorkResult> {
    const { db, clock, hosts } = this.#parts;
    const key = keyOf(pool.id, nodeId);
    if (!hosts.reachable(nodeId)) return this.#away(pool, nodeId);
    const reconnect = awaits(db, "pool.reconnect", pool.id, nodeId);
    if (this.#told.get(key) === pool.generation && !reconnect) return;
    try {
      const spec = specWithSecret(this.#parts, pool);
      const request = { poolId: pool.id, name: pool.name, spec, reconnect };
      const report = await hosts.client(nodeId).ensurePool(request, { signal });
      report.poolId = pool.id;
      this.#told.set(key, pool.generation);
      const why = report.errorMessage;
      const failure = why ? problem(Reason.POOL_UNAVAILABLE, { pool: pool.name, cause: why }) : undefined;
      await db.transact((tx) => {
        reportSomePools(tx, { clock, nodeId, reports: [report] });
        settleStep(tx, clock, { poolId: pool.id, nodeId, failure });
      });
      return;
    } catch (error) {
      if (signal.aborted) return;
      const failure = error instanceof Problem ? error : fromConnectError(error, `host ${hostnameOf(db, nodeId)}`);
      if (failure.reason === Reason.NODE_UNREACHABLE) return;
      this.#told.set(key, pool.generation);
      await this.#failed(pool.id, nodeId, failure);
      // The host is asked again even where nothing changes: what stood in the way may be gone.
      this.#parts.log.warn("pool: its host could not open it", { pool: pool.id, node: nodeId, err: failure });
      return this.#later(key);
    }
  }

  #later(key: string): WorkResult {
    this.#parts.clock.after(
      tellAgainMs,
      () => {
        this.#told.delete(key);
        this.#queue.add(key);
      },
      { background: true },
    );
  }

  async #failed(poolId: string, nodeId: string, failure: Problem): Promise<void> {
    const { db, clock } = this.#parts;
    await db.transact((tx) => {
      const pool = tx.find(pools, poolId);
      if (!pool) return;
      seeHost(tx, clock, pool, { nodeId, phase: StoragePoolStatus_Phase.ERROR, errorMessage: failure.message });
      settleStep(tx, clock, { poolId, nodeId, failure });
    });
  }

  /** A host that only restarts its daemon is waited for; of one that is lost nothing is known. */
  async #away(pool: StoragePool, nodeId: string): Promise<void> {
    const { db, clock } = this.#parts;
    const node = db.find(nodes, nodeId);
    if (node && hasCondition(node, "Reachable")) return;
    const errorMessage = `host ${hostnameOf(db, nodeId)} cannot be reached`;
    const failure = problem(Reason.NODE_UNREACHABLE, {
      node: hostnameOf(db, nodeId),
      cause: "it opens the pool later",
    });
    await db.transact((tx) => {
      const now = tx.find(pools, pool.id);
      if (!now?.spec?.assignedNodeIds.includes(nodeId)) return;
      seeHost(tx, clock, now, { nodeId, phase: StoragePoolStatus_Phase.UNKNOWN, errorMessage });
      settleStep(tx, clock, { poolId: pool.id, nodeId, failure });
    });
  }

  /** A host that cannot be asked is told when it comes back with the pool still open. */
  async #release(pool: StoragePool | undefined, poolId: string, nodeId: string, signal: AbortSignal): Promise<void> {
    const { db, clock, hosts } = this.#parts;
    if (pool?.deletedAt && (await this.#keepIfUsed(poolId))) return;
    if (hosts.reachable(nodeId)) {
      try {
        await hosts.client(nodeId).releasePool({ poolId }, { signal });
      } catch (error) {
        if (signal.aborted) return;
        const why = fromConnectError(error, `host ${hostnameOf(db, nodeId)}`);
        if (why.reason !== Reason.NODE_UNREACHABLE) {
          await db.transact((tx) => stepWaits(tx, poolId, nodeId, `will be tried again: ${why.message}`));
          throw why;
        }
      }
    }
    this.#told.delete(keyOf(poolId, nodeId));
    if (!pool) return;
    await db.transact((tx) => {
      const now = tx.find(pools, poolId);
      if (!now || (!now.deletedAt && now.spec?.assignedNodeIds.includes(nodeId))) return;
      settleStep(tx, clock, { poolId, nodeId });
      forgetHost(tx, clock, now, nodeId);
    });
    const now = db.find(pools, poolId);
    if (now?.deletedAt && noHosts(now)) this.#queue.add(keyOf(poolId, ""));
  }

  /** Something was put into it while the request to delete it was on its way: the deletion is taken back. */
  async #keepIfUsed(id: string): Promise<boolean> {
    const { db, clock } = this.#parts;
    return db.transact((tx) => {
      const pool = tx.find(pools, id);
      const what = pool?.deletedAt ? contentsOfPool(db, tx, id) : "";
      if (!pool || what === "") return false;
      const kept = tx.update(pools, id, (copy) => {
        copy.deletedAt = undefined;
        copy.generation += 1n;
      });
      rewriteStatus(tx, clock, kept, () => true);
      const failure = problem(Reason.POOL_NOT_EMPTY, { pool: pool.name, what });
      for (const task of openTasksOf(tx, id)) endTask(tx, clock, task.id, { state: "FAILED", problem: failure });
      return true;
    });
  }

  async #forget({ id }: StoragePool): Promise<void> {
    const { db, clock } = this.#parts;
    await db.transact((tx) => {
      const pool = tx.find(pools, id);
      if (!pool?.deletedAt || !noHosts(pool)) return;
      for (const task of openTasksOf(tx, id)) {
        const superseded = problem(Reason.SUPERSEDED, { by: "pool.delete" });
        const well = task.kind === "pool.delete";
        endTask(tx, clock, task.id, well ? { state: "SUCCEEDED" } : { state: "CANCELLED", problem: superseded });
      }
      const message = `storage pool ${pool.name} was let go of; what is in it was not touched`;
      recordEvent(tx, { clock, type: "lifecycle", message, subject: poolRef(pool) });
      dropGrantsOn(tx, "pool", id);
      for (const image of db.all(images)) {
        if (image.status?.copies.some((copy) => copy.storagePoolId === id))
          updateImageStatus(tx, clock, image.id, (status) => {
            status.copies = status.copies.filter((copy) => copy.storagePoolId !== id);
          });
      }
      if (tx.find(poolSecrets, id)) tx.delete(poolSecrets, id);
      tx.delete(pools, id);
    });
  }

  #answerWaiters(key: string): void {
    const waiters = this.#waiters.get(key) ?? [];
    this.#waiters.delete(key);
    for (const resolve of waiters) resolve();
  }
}

function keyOf(poolId: string, nodeId: string): string {
  return `${poolId} ${nodeId}`;
}

/** Of a deleted pool: no host has it open any more. */
function noHosts(pool: StoragePool): boolean {
  return (pool.status?.hosts.length ?? 0) === 0;
}
