import { problem, Problem, Reason, type StoragePool, type Volume } from "@limiquantix/api";
import { WorkQueue, type Log, type WorkResult } from "@limiquantix/kit";
import { nameOnHost, poolsOfNode } from "../pools/pool.ts";
import type { PoolReconciler } from "../pools/reconcile.ts";
import { recycledVms } from "../recycle-bin/table.ts";
import type { TableChange } from "../store/database.ts";
import { pools, vms, volumes } from "../tables.ts";
import { TaskReporter } from "../tasks/task-reporter.ts";
import { patienceWith } from "../vms/patience.ts";
import { tombstones } from "../vms/tombstone.ts";
import { vmsOf } from "./attachment.ts";
import { hostFor, isOutOfReach, poolsOfWork } from "./hosts.ts";
import { volumeDone, volumeFailed, volumeGone } from "./outcome.ts";
import { planVolume } from "./plan.ts";
import { releaseVolume } from "./recycle.ts";
import { changeVolume, homeOf, volumeStatus } from "./volume.ts";
import { causeOf, copyOver, makeVolume, type VolumeWork, type VolumeWorkParts } from "./work.ts";

export type VolumeReconcilerParts = VolumeWorkParts & { log: Log; pools: Pick<PoolReconciler, "told"> };

/** How often a volume that waits for a host is looked at. */
const lookAgainMs = 10_000;
/** A timer's longest stretch. */
const longestWaitMs = 3600_000;

/**
 * Makes of each volume that no VM has what is wanted of it, by a host that reaches its pool: makes, grows, moves and, when
 * its time in the recycle bin is over, deletes it. Takes no input: one that was killed goes on where it was. The one that
 * deletes volumes; VMs' hosts do not.
 */
export class VolumeReconciler {
  readonly #parts: VolumeReconcilerParts;
  readonly #queue: WorkQueue;
  readonly #running = new Map<string, { nodeId: string; abort: AbortController }>();
  /** Failures in a row of one generation that may be a mistake of the host's. */
  readonly #failures = new Map<string, { generation: bigint; count: number }>();
  #subscription: Disposable | undefined;

  constructor(parts: VolumeReconcilerParts) {
    this.#parts = parts;
    this.#queue = new WorkQueue((id, signal) => this.#reconcile(id, signal), {
      clock: parts.clock,
      backoff: { baseMs: 500, maxMs: 30_000 },
      concurrency: 256,
      onFailure: (id, cause, failures) =>
        parts.log.warn("volume: will try again", { volume: id, failures, err: cause }),
    });
  }

  get busy(): boolean {
    return this.#queue.busy;
  }

  async start(): Promise<void> {
    const { db, clock } = this.#parts;
    this.#subscription = db.subscribe((changes) => this.#notice(changes));
    const left = [...db.all(volumes)].flatMap((volume) =>
      vmsOf(volume).flatMap((vmId) => (this.#isGone(vmId) ? { id: volume.id, vmId } : [])),
    );
    if (left.length > 0) {
      await db.transact((tx) => {
        for (const { id, vmId } of left) if (tx.find(volumes, id)) releaseVolume(tx, clock, id, vmId);
      });
    }
    for (const volume of db.all(volumes)) this.#wake(volume);
  }

  async stop(): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    await this.#queue.stop();
  }

  hostReachable(nodeId: string): void {
    for (const pool of poolsOfNode(this.#parts.db, nodeId)) this.#wakePool(pool.id);
  }

  hostUnreachable(nodeId: string): void {
    for (const work of this.#running.values()) {
      if (work.nodeId !== nodeId) continue;
      work.abort.abort(problem(Reason.NODE_UNREACHABLE, { node: nodeId, cause: "it was lost" }));
    }
  }

  /** The VM went in a way that told nobody. */
  #isGone(vmId: string): boolean {
    const { db } = this.#parts;
    return !db.find(vms, vmId) && !db.find(tombstones, vmId) && !db.find(recycledVms, vmId);
  }

  #notice(changes: readonly TableChange[]): void {
    for (const { table, id, before, after } of changes) {
      if (table.kind === volumes.kind && after) {
        const is = after as Volume;
        if (is.deletedAt && !(before as Volume | undefined)?.deletedAt) this.#running.get(id)?.abort.abort(deleted);
        this.#wake(is);
      }
      if (table.kind === pools.kind) {
        const [was, is] = [before as StoragePool | undefined, after as StoragePool | undefined];
        if (readyHosts(was) !== readyHosts(is)) this.#wakePool(id);
      }
    }
  }

  #wakePool(id: string): void {
    const { db } = this.#parts;
    for (const volume of [...db.by(volumes, "pool", id), ...db.by(volumes, "leaving", id)]) this.#wake(volume);
  }

  #wake(volume: Volume): void {
    if (planVolume(volume, this.#parts.clock.now()).do !== "nothing") this.#queue.add(volume.id);
  }

  async #reconcile(id: string, stop: AbortSignal): Promise<WorkResult> {
    const { db, clock } = this.#parts;
    const found = db.find(volumes, id);
    if (!found) return;
    const plan = planVolume(found, clock.now());
    if (plan.do === "nothing") return;
    if (plan.do === "wait") return { againInMs: Math.min(plan.ms, longestWaitMs), background: true };
    if (plan.do === "delete" && isOutOfReach(db, found)) {
      return db.transact((tx) => volumeGone(tx, clock, id, { outOfReach: true }));
    }
    const involved = poolsOfWork(db, this.#poolIds(found, plan.do));
    const nodeId = hostFor(this.#parts, found, involved);
    if (!nodeId) return this.#waits(found, involved);
    const volume = await this.#settleDown(found, nodeId);
    const abort = new AbortController();
    this.#running.set(id, { nodeId, abort });
    const signal = AbortSignal.any([stop, abort.signal]);
    try {
      await this.#parts.pools.told(
        nodeId,
        involved.map((pool) => pool.id),
        signal,
      );
      await this.#carryOut(plan.do, { volume, nodeId, signal });
      this.#failures.delete(id);
    } catch (error) {
      return await this.#failed(plan.do, { volume, nodeId, signal }, error);
    } finally {
      this.#running.delete(id);
    }
  }

  #poolIds({ spec, status }: Volume, what: string): string[] {
    const { db } = this.#parts;
    const from = what === "make" ? spec?.source?.from : undefined;
    const sourceId = from?.case === "volumeId" ? from.value : from?.case === "snapshot" ? from.value.volumeId : "";
    const source = db.find(volumes, sourceId)?.spec?.storagePoolId ?? "";
    return [spec?.storagePoolId ?? "", status?.movingFromPoolId ?? "", source];
  }

  /** Where it is, or may be in part, is on record before a host is asked. */
  async #settleDown(volume: Volume, nodeId: string): Promise<Volume> {
    const { db, clock } = this.#parts;
    const home = homeOf(db.find(pools, volume.spec?.storagePoolId ?? ""), nodeId);
    if (home === (volume.status?.nodeId ?? "")) return volume;
    await db.transact((tx) => {
      if (tx.find(volumes, volume.id)) {
        changeVolume(tx, clock, volume.id, (copy) => void (volumeStatus(copy).nodeId = home));
      }
    });
    return db.find(volumes, volume.id) ?? volume;
  }

  async #waits(volume: Volume, involved: readonly StoragePool[]): Promise<WorkResult> {
    const names = involved.map(({ name }) => name).join(" and ") || volume.spec?.storagePoolId;
    const message = `waits for a host that reaches storage pool ${names}`;
    await new TaskReporter(this.#parts, volume).step({ step: "volume", message });
    return { againInMs: lookAgainMs, background: true };
  }

  async #carryOut(what: "make" | "move" | "leave" | "grow" | "delete", work: VolumeWork): Promise<void> {
    const { db, clock, hosts } = this.#parts;
    const { volume, nodeId, signal } = work;
    const { id, generation } = volume;
    const pool = (poolId: string) => {
      const row = db.find(pools, poolId);
      return row ? nameOnHost(row) : "";
    };
    switch (what) {
      case "make": {
        const report = await makeVolume(this.#parts, work);
        return db.transact((tx) => volumeDone(tx, clock, { id, generation, report }));
      }
      case "move": {
        const { sizeBytes } = await copyOver(this.#parts, work);
        return db.transact((tx) => {
          if (!tx.find(volumes, id)) return;
          changeVolume(
            tx,
            clock,
            id,
            (copy) => void Object.assign(volumeStatus(copy), { observedGeneration: generation, sizeBytes }),
          );
        });
      }
      case "leave": {
        const from = pool(volume.status?.movingFromPoolId ?? "");
        if (from) await hosts.client(nodeId).deleteVolume({ pool: from, volumeId: id }, { signal });
        return db.transact((tx) => volumeDone(tx, clock, { id, generation, moved: true }));
      }
      case "grow": {
        const request = { pool: pool(volume.spec?.storagePoolId ?? ""), volumeId: id };
        const sizeBytes = volume.spec?.sizeBytes ?? 0n;
        const report = await hosts.client(nodeId).growVolume({ ...request, sizeBytes }, { signal });
        return db.transact((tx) => volumeDone(tx, clock, { id, generation, report }));
      }
      case "delete": {
        if (db.by(volumes, "copied", id).some((copy) => !copy.deletedAt)) {
          throw problem(Reason.IN_USE, { kind: "volume", name: volume.name, by: "it is being copied" });
        }
        for (const poolId of [volume.status?.movingFromPoolId ?? "", volume.spec?.storagePoolId ?? ""]) {
          if (poolId) await hosts.client(nodeId).deleteVolume({ pool: pool(poolId), volumeId: id }, { signal });
        }
        return db.transact((tx) => volumeGone(tx, clock, id, { outOfReach: false }));
      }
    }
  }

  /** Decides by the reason whether it is tried again. Throwing lets the queue wait and come back. */
  async #failed(what: string, { volume, nodeId, signal }: VolumeWork, error: unknown): Promise<WorkResult> {
    const { db, clock, log } = this.#parts;
    const current = db.find(volumes, volume.id);
    if (signal.aborted || !current) {
      if (current && signal.reason instanceof Problem) this.#wake(current);
      return;
    }
    const cause = causeOf(db, nodeId, error);
    const before = this.#failures.get(volume.id);
    const count = before?.generation === volume.generation ? before.count + 1 : 1;
    this.#failures.set(volume.id, { generation: volume.generation, count });
    const outdated = current.deletedAt !== undefined || current.generation !== volume.generation;
    if (outdated || what === "leave" || what === "delete" || count < patienceWith(cause)) {
      await new TaskReporter(this.#parts, volume).trouble(cause);
      throw cause;
    }
    log.warn("volume: no host could do it", { volume: volume.id, node: nodeId, err: cause });
    await this.#undoMove(volume, nodeId, signal);
    this.#failures.delete(volume.id);
    await db.transact((tx) => volumeFailed(tx, clock, { id: volume.id, generation: volume.generation, cause }));
  }

  /** What a move that failed left where it went to. */
  async #undoMove({ id, spec, status }: Volume, nodeId: string, signal: AbortSignal): Promise<void> {
    const target = this.#parts.db.find(pools, spec?.storagePoolId ?? "");
    if (!status?.movingFromPoolId || !target) return;
    await this.#parts.hosts.client(nodeId).deleteVolume({ pool: nameOnHost(target), volumeId: id }, { signal });
  }
}

const deleted = problem(Reason.SUPERSEDED, { by: "volume.delete" });

function readyHosts(pool: StoragePool | undefined): string {
  return (pool?.status?.hosts ?? []).map(({ nodeId, phase }) => `${nodeId} ${phase}`).join();
}
