import { clone } from "@bufbuild/protobuf";
import { fromConnectError, problem, Reason, VmSpecSchema } from "@limiquantix/api";
import type { TombstoneRow } from "@limiquantix/api/rows";
import { WorkQueue, type Clock, type Log } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import type { HostClients } from "../hosts/host-clients.ts";
import type { Database } from "../store/database.ts";
import { nodes } from "../tables.ts";
import { releaseVolumesOf } from "../volumes/recycle.ts";
import { recordSeen } from "./settle.ts";
import { tombstones } from "./tombstone.ts";

export interface TombstoneReconcilerParts {
  db: Database;
  clock: Clock;
  log: Log;
  hosts: HostClients;
}

/** Has hosts that come back remove the VMs that were deleted by force while they were away. */
export class TombstoneReconciler {
  readonly #parts: TombstoneReconcilerParts;
  readonly #queue: WorkQueue;
  /** Calls under way, to be broken off when their host is lost. */
  readonly #running = new Map<string, { nodeId: string; abort: AbortController }>();
  #subscription: Disposable | undefined;

  constructor(parts: TombstoneReconcilerParts) {
    this.#parts = parts;
    this.#queue = new WorkQueue((id, signal) => this.#reconcile(id, signal), {
      clock: parts.clock,
      backoff: { baseMs: 500, maxMs: 30_000 },
      onFailure: (id, cause, failures) =>
        parts.log.warn("VM deleted by force: its host will be asked again", { vm: id, failures, err: cause }),
    });
  }

  get busy(): boolean {
    return this.#queue.busy;
  }

  start(): void {
    const { db } = this.#parts;
    // Its host may be back already when the VM is forgotten.
    this.#subscription = db.subscribe((changes) => {
      for (const { table, id, before, after } of changes) {
        if (table.kind === tombstones.kind && !before && after) this.#queue.add(id);
      }
    });
    for (const { id } of db.all(tombstones)) this.#queue.add(id);
  }

  async stop(): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    await this.#queue.stop();
  }

  hostReachable(nodeId: string): void {
    for (const { id } of this.#parts.db.by(tombstones, "node", nodeId)) this.#queue.add(id);
  }

  hostUnreachable(nodeId: string): void {
    for (const work of this.#running.values()) {
      if (work.nodeId !== nodeId) continue;
      work.abort.abort(problem(Reason.NODE_UNREACHABLE, { node: nodeId, cause: "it was lost" }));
    }
  }

  async #reconcile(id: string, stop: AbortSignal): Promise<void> {
    const { db, hosts } = this.#parts;
    const row = db.find(tombstones, id);
    // A host that comes back wakes it.
    if (!row || !hosts.reachable(row.nodeId)) return;
    const abort = new AbortController();
    this.#running.set(id, { nodeId: row.nodeId, abort });
    try {
      await this.#remove(row, AbortSignal.any([stop, abort.signal]));
    } catch (error) {
      if (!stop.aborted && !abort.signal.aborted) throw error;
    } finally {
      this.#running.delete(id);
    }
  }

  async #remove(row: TombstoneRow, signal: AbortSignal): Promise<void> {
    const { db, clock, hosts } = this.#parts;
    const { id: vmId, nodeId, name, projectId, keepOnHost } = row;
    const spec = row.spec && clone(VmSpecSchema, row.spec);
    const client = hosts.client(nodeId);
    let stays = keepOnHost;
    try {
      await client.deleteVM({ vmId, keepOnHost, spec, keepVolumes: true }, { signal });
    } catch (error) {
      // Somebody there took our mark off its domain meanwhile: it is theirs now.
      if (fromConnectError(error).reason !== Reason.VM_NOT_MANAGED) throw error;
      stays = true;
    }
    await db.transact((tx) => {
      if (!tx.find(tombstones, vmId)) return;
      tx.delete(tombstones, vmId);
      releaseVolumesOf(tx, clock, vmId);
      const hostname = tx.find(nodes, nodeId)?.hostname ?? nodeId;
      const message = `VM ${name}, deleted while host ${hostname} was away, ${stays ? "stays there unmanaged" : "was removed there"}`;
      recordEvent(tx, {
        clock,
        type: "lifecycle",
        message,
        subject: { kind: "vm", id: vmId, name, projectId },
        nodeId,
      });
    });
    if (stays) await this.#lookAt(row, signal);
  }

  /** What stays on its host was not shown while it was to be removed. */
  async #lookAt({ id: vmId, nodeId }: TombstoneRow, signal: AbortSignal): Promise<void> {
    const { db, clock, hosts, log } = this.#parts;
    try {
      const seen = await hosts.client(nodeId).getVMStatus({ vmId }, { signal });
      await db.transact((tx) => recordSeen(tx, clock, nodeId, seen));
    } catch (error) {
      log.debug("VM deleted by force: its state could not be asked", { vm: vmId, err: error });
    }
  }
}
