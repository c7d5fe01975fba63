import type { Node, Placement } from "@limiquantix/api";
import { allocatable, allocated, type Capacity } from "./capacity.ts";

/** What a VM asks of a host. */
export interface PlacementRequest {
  need: Capacity;
  placement: Placement | undefined;
  /** Only this host will do: the caller named it, or the VM's disks are there. */
  pinnedTo?: { nodeId: string; why: string };
  /** Hosts that run a VM which this one must keep away from: node id → what to call that VM. */
  avoid?: ReadonlyMap<string, string>;
  /** Named pools that a disk must lie in: each with its hosts. Empty: the host's own pool does. */
  pools?: readonly { name: string; nodeIds: readonly string[] }[];
  /** False: all disks name their pools. */
  choosesPool?: boolean;
}

/** One host as the scheduler sees it. */
export interface Host {
  node: Node;
  total: Capacity;
  free: Capacity;
  /** It has a storage pool that is ready for new disks. */
  hasPool: boolean;
}

/** `release`: what the VM in question holds there already, which is its own to use. */
export function hostOf(node: Node, options: { hasPool: boolean; release?: Capacity }): Host {
  const total = allocatable(node.spec);
  const used = allocated(node);
  return {
    node,
    total,
    free: {
      cpuCores: total.cpuCores - used.cpuCores + (options.release?.cpuCores ?? 0),
      memoryMib: total.memoryMib - used.memoryMib + (options.release?.memoryMib ?? 0),
    },
    hasPool: options.hasPool,
  };
}

/** A host is named by its id or its hostname. */
export function names(node: Node, idOrName: string): boolean {
  return node.id === idOrName || node.hostname === idOrName;
}
