import type { GetMetricsResponse } from "@limiquantix/api/daemon";
import type { Node, NodeMetrics, PoolCapacity, ResourceUsage, StoragePool, VirtualMachine } from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import type { HostClients } from "../hosts/host-clients.ts";
import type { Database } from "../store/database.ts";
import { nodes, pools, vms } from "../tables.ts";
import { HostFeeds, measureEveryMs } from "./host-feeds.ts";
import { MetricsHistory } from "./history.ts";
import { CurrentLoads, staleMs } from "./loads.ts";
import { nodeValues, vmValues } from "./rates.ts";
import { decodeHistory, encodeHistory } from "./snapshot.ts";

/** Where the history outlives a restart. */
export interface HistoryFile {
  /** Undefined: there is none yet. */
  read(): Promise<Uint8Array | undefined>;
  /** All or nothing: what was there stays until the new one is whole. */
  write(parts: Iterable<Uint8Array>): Promise<void>;
}

interface Parts {
  db: Database;
  clock: Clock;
  log: Log;
  hosts: HostClients;
  /** Undefined: the history is not kept for the next start. */
  file?: HistoryFile | undefined;
}

interface Before {
  node: NodeMetrics | undefined;
  vms: Map<string, ResourceUsage>;
  atMs: number;
}

const saveEveryMs = 300_000;

/** Writes down what hosts measure: the history of a day, and how busy everything is now. Nothing goes to the store. */
export class MetricsRecorder {
  readonly history = new MetricsHistory();
  readonly loads = new CurrentLoads();
  readonly #parts: Parts;
  readonly #feeds: HostFeeds;
  readonly #before = new Map<string, Before>();
  #timers: Disposable[] = [];
  #subscription: Disposable | undefined;
  #saving: Promise<void> = Promise.resolve();
  #saved = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#feeds = new HostFeeds({ ...parts, measured: (nodeId, metrics) => this.#measured(nodeId, metrics) });
  }

  async start(): Promise<void> {
    await this.#restore();
    this.#subscription = this.#parts.db.subscribe((changes) => {
      for (const { table, id, after } of changes) if (after === undefined) this.#forget(table.kind, id);
    });
    this.#every(measureEveryMs, () => this.#measurePools());
    this.#every(saveEveryMs, () => {
      this.history.prune(this.#parts.clock.now());
      this.loads.prune(this.#parts.clock.now());
      void this.#save();
    });
  }

  async stop(): Promise<void> {
    this.#feeds.stop();
    this.#subscription?.[Symbol.dispose]();
    for (const timer of this.#timers.splice(0)) timer[Symbol.dispose]();
    await this.#save();
  }

  /** What a VM's host counted last; undefined: nothing that is young enough. */
  vmUsage(nodeId: string, vmId: string, nowMs: number): ResourceUsage | undefined {
    return this.#latest(nodeId, nowMs)?.vms.get(vmId);
  }

  nodeUsage(nodeId: string, nowMs: number): NodeMetrics | undefined {
    return this.#latest(nodeId, nowMs)?.node;
  }

  hostReachable(nodeId: string): void {
    this.#feeds.hostReachable(nodeId);
  }

  hostUnreachable(nodeId: string): void {
    this.#feeds.hostUnreachable(nodeId);
    for (const vmId of this.#before.get(nodeId)?.vms.keys() ?? []) this.loads.forget("vm", vmId);
    this.loads.forget("node", nodeId);
    this.#before.delete(nodeId);
  }

  #latest(nodeId: string, nowMs: number): Before | undefined {
    const before = this.#before.get(nodeId);
    return before && nowMs - before.atMs <= staleMs ? before : undefined;
  }

  #measured(nodeId: string, metrics: GetMetricsResponse): void {
    const { db, clock } = this.#parts;
    const now = clock.now();
    if (!db.find(nodes, nodeId)) return;
    const before = this.#before.get(nodeId);
    const fromMs = before?.atMs;
    if (metrics.node) {
      const values = nodeValues(before?.node, metrics.node);
      this.history.add({ kind: "node", id: nodeId }, values, fromMs, now);
      this.#setLoad("node", nodeId, values);
    }
    const usages = new Map<string, ResourceUsage>();
    for (const [vmId, usage] of Object.entries(metrics.vms)) {
      const vm = db.find(vms, vmId);
      // One that runs on another host, as after a failure of this one's link, is that one's to measure.
      if (!vm || vm.status?.nodeId !== nodeId) continue;
      usages.set(vmId, usage);
      const earlier = before?.vms.get(vmId);
      const values = vmValues(earlier, usage, coresOf(vm));
      this.history.add({ kind: "vm", id: vmId }, values, earlier ? fromMs : undefined, now);
      this.#setLoad("vm", vmId, values);
    }
    for (const vmId of before?.vms.keys() ?? []) if (!usages.has(vmId)) this.loads.forget("vm", vmId);
    this.#before.set(nodeId, { node: metrics.node, vms: usages, atMs: now });
  }

  #setLoad(kind: "vm" | "node", id: string, [cpuPercent = NaN, memoryBytes = NaN]: readonly number[]): void {
    if (Number.isNaN(cpuPercent)) return;
    this.loads.set(kind, id, { cpuPercent, memoryMib: memoryBytes / (1024 * 1024), atMs: this.#parts.clock.now() });
  }

  /** Hosts tell it with their heartbeats; of a pool that no host can be asked about it is not known. */
  poolSpace({ spec, status }: StoragePool): PoolCapacity | undefined {
    const { hosts } = this.#parts;
    return spec?.assignedNodeIds.some((nodeId) => hosts.reachable(nodeId)) ? status?.capacity : undefined;
  }

  #measurePools(): void {
    const { db, clock } = this.#parts;
    const now = clock.now();
    for (const pool of db.all(pools)) {
      const space = this.poolSpace(pool);
      if (space) this.history.add({ kind: "pool", id: pool.id }, [Number(space.usedBytes)], undefined, now);
    }
  }

  #forget(kind: string, id: string): void {
    if (kind !== "vm" && kind !== "node" && kind !== "pool") return;
    this.history.forget(kind, id);
    if (kind === "pool") return;
    this.loads.forget(kind, id);
    if (kind === "node") this.hostUnreachable(id);
  }

  async #restore(): Promise<void> {
    const { file, log, db } = this.#parts;
    try {
      const bytes = await file?.read();
      if (!bytes) return;
      const found = decodeHistory(bytes);
      const tables = { vm: vms, node: nodes, pool: pools };
      for (const key of found.keys()) {
        const [kind, id = ""] = key.split("/") as [keyof typeof tables, string?];
        if (!db.find(tables[kind] as typeof vms, id)) found.delete(key);
      }
      this.history.restore(found);
      this.#saved = this.history.version;
    } catch (cause) {
      log.warn("the history of measurements could not be read: it begins anew", { err: cause });
    }
  }

  /** One at a time, and only when there is something new. */
  #save(): Promise<void> {
    const { file, log } = this.#parts;
    this.#saving = this.#saving.then(async () => {
      if (!file || this.#saved === this.history.version) return;
      const { version } = this.history;
      try {
        await file.write(encodeHistory(this.history));
        this.#saved = version;
      } catch (cause) {
        log.warn("the history of measurements could not be saved", { err: cause });
      }
    });
    return this.#saving;
  }

  #every(ms: number, work: () => void): void {
    const at = this.#timers.length;
    const next = () => {
      this.#timers[at] = this.#parts.clock.after(ms, () => (work(), next()), { background: true });
    };
    next();
  }
}

/** How many vCPUs it runs with. */
export function coresOf(vm: VirtualMachine): number {
  return vm.status?.reserved?.cpuCores || vm.spec?.cpu?.cores || 1;
}

/** For the weight of a host in a sum. */
export function coresOfNode(node: Node): number {
  return node.spec?.cpu?.totalCores ?? 1;
}
