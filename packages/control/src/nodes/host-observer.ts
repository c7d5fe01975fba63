import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ObservedVmSchema,
  VmStatus_PowerState,
  VmStatus_StopReason,
  type HostNetwork,
  type ObservedVm,
  type PoolReport,
} from "@limiquantix/api";
import { clone } from "@bufbuild/protobuf";
import type { NodeSnapshot } from "@limiquantix/api/daemon";
import type { Clock, Log } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import { reportHostNetworks } from "../networks/report.ts";
import { reportSomePools } from "../pools/report.ts";
import type { Database, Transaction } from "../store/database.ts";
import { nodes, vms } from "../tables.ts";
import { diffSnapshot } from "../vms/observed.ts";
import { recordGone, recordSeen, recordUnreachable } from "../vms/settle.ts";
import { isBuried } from "../vms/tombstone.ts";
import type { HostListener } from "./host-links.ts";
import type { ConditionType } from "../hosts/conditions.ts";
import { hasConditions, nodeRef, setConditions, type ConditionChange } from "./node.ts";

/** VMs written in one transaction. */
const batch = 100;

type Observation = { seen: ObservedVm } | { gone: string } | { unreachable: string; why: string };

interface Pending {
  vms: Map<string, Observation>;
  networks: Map<string, HostNetwork>;
  pools: Map<string, PoolReport>;
  conditions: Partial<Record<ConditionType, ConditionChange>>;
  bootId: string | undefined;
}

/**
 * Writes what hosts see into the rows. While a transaction is on its way, what comes meanwhile for the same host is
 * gathered, the newest of each VM, and written together by the next.
 */
export class HostObserver implements HostListener {
  readonly #parts: { db: Database; clock: Clock; log: Log };
  readonly #pending = new Map<string, Pending>();
  readonly #writing = new Map<string, Promise<void>>();
  /** Called when a host's link came up or was lost, after that is written. */
  onReachable: (nodeId: string) => void = () => {};
  onUnreachable: (nodeId: string) => void = () => {};
  /** Called with what a host tells of its pools, after that is written. */
  onPools: (nodeId: string, reports: readonly PoolReport[]) => void = () => {};

  constructor(parts: { db: Database; clock: Clock; log: Log }) {
    this.#parts = parts;
  }

  get busy(): boolean {
    return this.#writing.size > 0;
  }

  /** Resolves when all that was told of this host so far is written. */
  async written(nodeId: string): Promise<void> {
    await this.#writing.get(nodeId);
  }

  snapshot(nodeId: string, snapshot: NodeSnapshot): void {
    const connected = snapshot.hypervisorConnected;
    const pending = this.#of(nodeId);
    pending.conditions.Reachable = { status: true };
    pending.conditions.HypervisorReady = hypervisorCondition({ connected, message: "" });
    pending.bootId = snapshot.bootId;
    for (const network of snapshot.networks) pending.networks.set(network.networkId, network);
    if (connected) this.fullState(nodeId, snapshot);
    this.#write(nodeId);
    void this.written(nodeId).then(() => this.onReachable(nodeId));
  }

  /** All VMs of a host, and which boot of it this is. Answers what is new. */
  fullState(nodeId: string, state: { vms: readonly ObservedVm[]; bootId: string }) {
    const { db } = this.#parts;
    const rebooted = this.#rebooted(nodeId, state.bootId);
    const rows = db.by(vms, "node", nodeId);
    const known = (id: string) => db.find(vms, id) !== undefined || isBuried(db, nodeId, id);
    const diff = diffSnapshot(rows, state.vms, known);
    const pending = this.#of(nodeId);
    pending.vms.clear();
    for (const vm of [...diff.seen, ...diff.discovered]) {
      pending.vms.set(vm.id, { seen: rebooted ? afterReboot(vm) : vm });
    }
    for (const id of diff.gone) pending.vms.set(id, { gone: id });
    pending.bootId = state.bootId;
    this.#write(nodeId);
    return diff;
  }

  vmChanged(nodeId: string, vm: ObservedVm): void {
    this.#of(nodeId).vms.set(vm.id, { seen: vm });
    this.#write(nodeId);
  }

  vmGone(nodeId: string, vmId: string): void {
    this.#of(nodeId).vms.set(vmId, { gone: vmId });
    this.#write(nodeId);
  }

  networkChanged(nodeId: string, network: HostNetwork): void {
    this.#of(nodeId).networks.set(network.networkId, network);
    this.#write(nodeId);
  }

  poolChanged(nodeId: string, pool: PoolReport): void {
    this.#of(nodeId).pools.set(pool.poolId || pool.name, pool);
    this.#write(nodeId);
  }

  hypervisor(nodeId: string, change: { connected: boolean; message: string }): void {
    this.#of(nodeId).conditions.HypervisorReady = hypervisorCondition(change);
    this.#write(nodeId);
  }

  lost(nodeId: string, cause: string): void {
    const { db } = this.#parts;
    const pending = this.#of(nodeId);
    const hostname = db.find(nodes, nodeId)?.hostname ?? nodeId;
    pending.conditions.Reachable = { status: false, reason: "NoSignOfLife", message: cause };
    pending.vms.clear();
    const why = `host ${hostname} cannot be reached: ${cause}`;
    for (const vm of db.by(vms, "node", nodeId)) pending.vms.set(vm.id, { unreachable: vm.id, why });
    this.#write(nodeId);
    void this.written(nodeId).then(() => this.onUnreachable(nodeId));
  }

  #of(nodeId: string): Pending {
    let pending = this.#pending.get(nodeId);
    if (!pending) {
      pending = { vms: new Map(), networks: new Map(), pools: new Map(), conditions: {}, bootId: undefined };
      this.#pending.set(nodeId, pending);
    }
    return pending;
  }

  #write(nodeId: string): void {
    if (this.#writing.has(nodeId)) return;
    const work = this.#writeAll(nodeId).finally(() => {
      this.#writing.delete(nodeId);
      if (this.#pending.has(nodeId)) this.#write(nodeId);
    });
    this.#writing.set(nodeId, work);
  }

  async #writeAll(nodeId: string): Promise<void> {
    const { db, log } = this.#parts;
    // What the same turn of the event loop brings goes together.
    await Promise.resolve();
    for (let pending = this.#pending.get(nodeId); pending; pending = this.#pending.get(nodeId)) {
      this.#pending.delete(nodeId);
      const observations = [...pending.vms.values()];
      const { conditions, bootId } = pending;
      try {
        await db.transact((tx) => this.#writeNode(tx, nodeId, conditions, bootId));
        if (pending.networks.size > 0) await db.transact((tx) => this.#writeNetworks(tx, nodeId, pending.networks));
        const reports = [...pending.pools.values()];
        if (reports.length > 0) {
          await db.transact((tx) => this.#writePools(tx, nodeId, reports));
          this.onPools(nodeId, reports);
        }
        for (let i = 0; i < observations.length; i += batch) {
          await db.transact((tx) => {
            for (const observation of observations.slice(i, i + batch)) this.#writeVm(tx, nodeId, observation);
          });
        }
      } catch (error) {
        // The next snapshot has it all again.
        log.error("what a host saw could not be written", { node: nodeId, err: error });
      }
    }
  }

  #writeVm(tx: Transaction, nodeId: string, observation: Observation): void {
    const { clock } = this.#parts;
    if (!tx.find(nodes, nodeId)) return;
    if ("seen" in observation) recordSeen(tx, clock, nodeId, observation.seen);
    else if ("gone" in observation) recordGone(tx, clock, nodeId, observation.gone);
    else recordUnreachable(tx, clock, observation.unreachable, observation.why);
  }

  #writeNode(tx: Transaction, nodeId: string, conditions: Pending["conditions"], bootId: string | undefined): void {
    const { clock } = this.#parts;
    const node = tx.find(nodes, nodeId);
    if (!node) return;
    const sameBoot = !bootId || node.status?.system?.bootId === bootId;
    if (hasConditions(node, conditions) && sameBoot) return;
    const before = node.status?.phase;
    const after = tx.update(nodes, nodeId, (copy) => {
      setConditions(copy, clock.now(), conditions);
      if (bootId && copy.status?.system) copy.status.system.bootId = bootId;
      copy.updatedAt = timestampFromMs(clock.now());
    });
    if (before === after.status?.phase) return;
    const reachable = conditions.Reachable;
    if (!reachable && !conditions.HypervisorReady) return;
    const trouble = after.status?.errorMessage ?? "";
    const message = trouble ? `host ${after.hostname} is not ready: ${trouble}` : `host ${after.hostname} is ready`;
    const severity = trouble ? "WARNING" : "INFO";
    recordEvent(tx, { clock, type: "lifecycle", severity, message, subject: nodeRef(after), nodeId });
  }

  #writeNetworks(tx: Transaction, nodeId: string, told: ReadonlyMap<string, HostNetwork>): void {
    if (!tx.find(nodes, nodeId)) return;
    reportHostNetworks(tx, { clock: this.#parts.clock, nodeId, reports: [...told.values()] });
  }

  #writePools(tx: Transaction, nodeId: string, reports: readonly PoolReport[]): void {
    if (tx.find(nodes, nodeId)) reportSomePools(tx, { clock: this.#parts.clock, nodeId, reports });
  }

  #rebooted(nodeId: string, bootId: string): boolean {
    const known = this.#parts.db.find(nodes, nodeId)?.status?.system?.bootId;
    return Boolean(known && bootId && known !== bootId);
  }
}

function hypervisorCondition({ connected, message }: { connected: boolean; message: string }): ConditionChange {
  if (connected) return { status: true };
  return { status: false, reason: "HypervisorLost", message: message || "its hypervisor does not answer" };
}

/** A VM that is off after its host booted anew, and nobody said why, went down with it. */
function afterReboot(vm: ObservedVm): ObservedVm {
  const unexplained = vm.stopReason === VmStatus_StopReason.STOP_REASON_UNKNOWN;
  if (vm.state !== VmStatus_PowerState.STOPPED || !unexplained) return vm;
  return { ...clone(ObservedVmSchema, vm), stopReason: VmStatus_StopReason.HOST_DOWN };
}
