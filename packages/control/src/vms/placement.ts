import { create } from "@bufbuild/protobuf";
import {
  PlacementSchema,
  problem,
  Reason,
  StoragePoolStatus_Phase,
  type HostVerdict,
  type Node,
  type StoragePool,
  type VirtualMachine,
  type VmSpec,
} from "@limiquantix/api";
import { SerialQueue } from "@limiquantix/kit";
import { capacityOf } from "../scheduler/capacity.ts";
import { names as namesNode, hostOf, type Host, type PlacementRequest } from "../scheduler/request.ts";
import { chooseHost, explain, fits, noHostFits } from "../scheduler/schedule.ts";
import type { Database, Transaction } from "../store/database.ts";
import { nodes, pools, vms } from "../tables.ts";

/** What stands in the way of starting a VM where it is: rules for new VMs do not. */
const startFilters: ReadonlySet<string> = new Set(["ready", "pinned", "anti_affinity", "cpu", "memory"]);

/**
 * Puts VMs on hosts, one after the other, so that each sees what those before it took. Another replica may take
 * the same room meanwhile: the host's row is read in the transaction, so that one of the two runs again.
 */
export class Placer {
  readonly #db: Database;
  readonly #queue = new SerialQueue();

  constructor(db: Database) {
    this.#db = db;
  }

  get busy(): boolean {
    return this.#queue.length > 0;
  }

  /** Runs a job that reserves room. */
  oneByOne<T>(job: () => Promise<T>): Promise<T> {
    return this.#queue.run(job);
  }

  /** The best host for a new VM. Throws NO_HOST_FITS with the verdict of each host. */
  choose(tx: Transaction, vm: { name: string; spec: VmSpec; nodeId: string }): Node {
    const request = this.requestOf(vm.spec, { nodeId: vm.nodeId });
    const chosen = chooseHost(request, this.#hosts());
    const host = chosen && this.#hostOf(tx.get(nodes, chosen.node.id));
    if (host && fits(request, host)) return host.node;
    throw noHostFits(vm.name, request, this.#hosts());
  }

  /** Throws NO_HOST_FITS unless the VM can run where it is; what it holds already is its own. */
  checkStart(tx: Transaction, vm: VirtualMachine): void {
    const nodeId = vm.status?.nodeId ?? "";
    const node = tx.find(nodes, nodeId);
    if (!node) throw problem(Reason.NODE_UNREACHABLE, { node: nodeId, cause: "it is no longer registered" });
    const request = this.requestOf(vm.spec, { nodeId, self: vm.id });
    const host = hostOf(node, { hasPool: true, release: capacityOf(vm.status?.reserved) });
    if (!fits(request, host, startFilters)) throw noHostFits(vm.name, request, [host], startFilters);
  }

  /** What each host is to this request. */
  verdicts(spec: VmSpec | undefined, options: { nodeId: string; vm?: VirtualMachine }): HostVerdict[] {
    const { vm, nodeId } = options;
    const request = this.requestOf(spec, { nodeId, ...(vm ? { self: vm.id } : {}) });
    return explain(request, this.#hosts(vm));
  }

  requestOf(spec: VmSpec | undefined, options: { nodeId: string; self?: string }): PlacementRequest {
    const { nodeId, self } = options;
    const avoid = new Map<string, string>();
    for (const id of spec?.placement?.antiAffinityVms ?? []) {
      const other = id === self ? undefined : (this.#db.find(vms, id) ?? this.#db.by(vms, "name", id)[0]);
      if (other?.status?.nodeId) avoid.set(other.status.nodeId, other.name);
    }
    const pinned = nodeId && this.#hostnameOf(nodeId);
    return {
      need: { cpuCores: spec?.cpu?.cores ?? 0, memoryMib: Number(spec?.memory?.sizeMib ?? 0n) },
      placement: spec?.placement ?? create(PlacementSchema),
      ...(nodeId
        ? { pinnedTo: { nodeId, why: self ? `its disks are on ${pinned}` : `host ${pinned} was asked for` } }
        : {}),
      avoid,
      pools: this.#poolsOf(spec),
    };
  }

  /** The pool on this host for a disk that names none: the first by name that is ready. */
  defaultPool(nodeId: string): StoragePool | undefined {
    return this.#readyPools(nodeId).toSorted((a, b) => (a.name < b.name ? -1 : 1))[0];
  }

  #hosts(vm?: VirtualMachine): Host[] {
    return [...this.#db.all(nodes)].map((node) => this.#hostOf(node, vm));
  }

  #hostOf(node: Node, vm?: VirtualMachine): Host {
    const own = vm?.status?.nodeId === node.id ? { release: capacityOf(vm.status.reserved) } : {};
    return hostOf(node, { hasPool: this.#readyPools(node.id).length > 0, ...own });
  }

  #readyPools(nodeId: string): StoragePool[] {
    return this.#db.by(pools, "node", nodeId).filter((pool) => pool.status?.phase === StoragePoolStatus_Phase.READY);
  }

  #poolsOf(spec: VmSpec | undefined): { name: string; nodeIds: readonly string[] }[] {
    const ids = new Set(spec?.disks.flatMap((disk) => (disk.storagePoolId ? [disk.storagePoolId] : [])));
    return [...ids].map((id) => {
      const pool = this.#db.find(pools, id);
      return { name: pool?.name ?? id, nodeIds: pool?.spec?.assignedNodeIds ?? [] };
    });
  }

  #hostnameOf(nodeId: string): string {
    for (const node of this.#db.all(nodes)) if (namesNode(node, nodeId)) return node.hostname;
    return nodeId;
  }
}
