import { clone, create } from "@bufbuild/protobuf";
import {
  PlacementSchema,
  problem,
  Reason,
  type HostVerdict,
  type Node,
  type Placement,
  type StoragePool,
  type VirtualMachine,
  type VmSpec,
} from "@limiquantix/api";
import { SerialQueue } from "@limiquantix/kit";
import type { Access } from "../access/access.ts";
import { capacityOf } from "../scheduler/capacity.ts";
import { names as namesNode, hostOf, type Host, type PlacementRequest } from "../scheduler/request.ts";
import { hideHosts } from "../scheduler/hide-hosts.ts";
import { chooseHost, explain, fits, noHostFits } from "../scheduler/schedule.ts";
import { isOfHost, isReadyOn, isShared, poolsOfNode } from "../pools/pool.ts";
import type { Database, Transaction } from "../store/database.ts";
import { nodes, pools, vms, volumes } from "../tables.ts";

/** For whom a VM is placed, and where it belongs. */
export interface PlacedFor {
  access: Access;
  projectId: string;
}

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

  /**
   * The best host for a new VM, of those with a storage pool that the caller may use; they need not view it. Throws
   * NO_HOST_FITS with the verdict of each host.
   */
  choose(tx: Transaction, vm: { name: string; spec: VmSpec; nodeId: string; for: PlacedFor }): Node {
    const { access } = vm.for;
    const request = this.requestOf(vm.spec, { nodeId: vm.nodeId, for: vm.for });
    const chosen = chooseHost(request, this.#hosts(access));
    const host = chosen && this.#hostOf(tx.get(nodes, chosen.node.id), access);
    if (host && fits(request, host)) return host.node;
    throw noHostFits(vm.name, this.#shown(explain(request, this.#hosts(access)), access));
  }

  /** Throws NO_HOST_FITS unless the VM can run where it is; what it holds already is its own. */
  checkStart(tx: Transaction, vm: VirtualMachine, access: Access): void {
    const nodeId = vm.status?.nodeId ?? "";
    const node = tx.find(nodes, nodeId);
    if (!node) throw problem(Reason.NODE_UNREACHABLE, { node: nodeId, cause: "it is no longer registered" });
    const request = this.requestOf(vm.spec, { nodeId, self: vm.id, for: { access, projectId: vm.projectId } });
    const host = hostOf(node, { hasPool: true, release: capacityOf(vm.status?.reserved) });
    if (fits(request, host, startFilters)) return;
    throw noHostFits(vm.name, this.#shown(explain(request, [host], startFilters), access));
  }

  /** What each host is to this request. */
  verdicts(
    spec: VmSpec | undefined,
    options: { nodeId: string; vm?: VirtualMachine | undefined; for: PlacedFor },
  ): HostVerdict[] {
    const { vm, nodeId } = options;
    const { access } = options.for;
    const request = this.requestOf(spec, { nodeId, for: options.for, ...(vm ? { self: vm.id } : {}) });
    return this.#shown(explain(request, this.#hosts(access, vm)), access);
  }

  requestOf(spec: VmSpec | undefined, options: { nodeId: string; self?: string; for: PlacedFor }): PlacementRequest {
    const { nodeId, self } = options;
    const { access, projectId } = options.for;
    const mayKnow = access.sees("vm", "vm.view");
    const avoid = new Map<string, string>();
    for (const id of spec?.placement?.antiAffinityVms ?? []) {
      // A name is one of the VM's own project.
      const named = () => this.#db.by(vms, "name", id).find((vm) => vm.isManaged && vm.projectId === projectId);
      const other = id === self ? undefined : (this.#db.find(vms, id) ?? named());
      if (other?.status?.nodeId && other.id !== self) {
        avoid.set(other.status.nodeId, mayKnow(other) ? `VM ${other.name}` : "another VM");
      }
    }
    const pinned = nodeId && this.#hostnameOf(nodeId);
    return {
      need: { cpuCores: spec?.cpu?.cores ?? 0, memoryMib: Number(spec?.memory?.sizeMib ?? 0n) },
      placement: this.#knownHosts(spec?.placement, access) ?? create(PlacementSchema),
      ...(nodeId
        ? { pinnedTo: { nodeId, why: self ? `its disks are on ${pinned}` : `host ${pinned} was asked for` } }
        : {}),
      avoid,
      pools: this.#poolsOf(spec),
      choosesPool: spec?.disks.some(({ storagePoolId }) => storagePoolId === "") ?? true,
    };
  }

  /**
   * The pool on this host for a disk that names none: the first by name that is ready and that the caller may use, of the
   * host's own before those that were declared.
   */
  defaultPool(nodeId: string, access: Access): StoragePool | undefined {
    const order = (pool: StoragePool) => `${isOfHost(pool) ? 0 : 1}${pool.name}`;
    return this.#readyPools(nodeId, access).toSorted((a, b) => (order(a) < order(b) ? -1 : 1))[0];
  }

  #hosts(access: Access, vm?: VirtualMachine): Host[] {
    return [...this.#db.all(nodes)].map((node) => this.#hostOf(node, access, vm));
  }

  #hostOf(node: Node, access: Access, vm?: VirtualMachine): Host {
    const own = vm?.status?.nodeId === node.id ? { release: capacityOf(vm.status.reserved) } : {};
    return hostOf(node, { hasPool: this.#readyPools(node.id, access).length > 0, ...own });
  }

  #readyPools(nodeId: string, access: Access): StoragePool[] {
    const mayUse = access.sees("pool", "storage.allocate");
    return poolsOfNode(this.#db, nodeId).filter((pool) => isReadyOn(pool, nodeId) && mayUse(pool));
  }

  /** Of the hosts that a VM names, those that its owner may view: whether there are others is not for them to find out. */
  #knownHosts(placement: Placement | undefined, access: Access): Placement | undefined {
    if (!placement || access.everywhere("node.view")) return placement;
    const copy = clone(PlacementSchema, placement);
    const seen = [...this.#db.all(nodes)].filter(access.sees("node", "node.view"));
    const known = (name: string) => seen.some((node) => namesNode(node, name));
    copy.excludedNodes = copy.excludedNodes.filter(known);
    copy.preferredNodes = copy.preferredNodes.filter(known);
    // A wish for hosts that are not there is a wish still: no host fulfils it.
    copy.requiredNodes = copy.requiredNodes.map((name) => (known(name) ? name : `${name} (unknown)`));
    return copy;
  }

  #shown(verdicts: readonly HostVerdict[], access: Access): HostVerdict[] {
    if (access.everywhere("node.view")) return [...verdicts];
    const mayView = access.sees("node", "node.view");
    return hideHosts(verdicts, (nodeId) => {
      const node = this.#db.find(nodes, nodeId);
      return node !== undefined && mayView(node);
    });
  }

  /** Where each of the VM's disks can be: in a shared pool on all hosts that have it open. */
  #poolsOf(spec: VmSpec | undefined): { name: string; nodeIds: readonly string[] }[] {
    const places = new Map<string, { name: string; nodeIds: readonly string[] }>();
    for (const { storagePoolId: id, volumeId, sourceVolumeId } of spec?.disks ?? []) {
      if (!id) continue;
      const pool = this.#db.find(pools, id);
      const assigned = pool?.spec?.assignedNodeIds ?? [];
      const nodeIds = pool && !isOfHost(pool) ? assigned.filter((nodeId) => isReadyOn(pool, nodeId)) : assigned;
      places.set(id, { name: pool?.name ?? id, nodeIds });
      // What is on one host's own disks is used there.
      const home = this.#db.find(volumes, sourceVolumeId || volumeId)?.status?.nodeId;
      if (home && pool && !isShared(pool)) places.set(`${id} ${home}`, { name: pool.name, nodeIds: [home] });
    }
    return [...places.values()];
  }

  #hostnameOf(nodeId: string): string {
    for (const node of this.#db.all(nodes)) if (namesNode(node, nodeId)) return node.hostname;
    return nodeId;
  }
}
