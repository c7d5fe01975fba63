import type { Node, StoragePool } from "@limiquantix/api";

/** Of hosts: what they have, what may be promised of it, and what is promised to VMs. */
export interface Capacity {
  cpu: Share;
  memoryMib: Share;
}

export interface Share {
  total: number;
  /** (total − reserve) × over-commitment. */
  allocatable: number;
  allocated: number;
}

export function capacityOf(nodes: readonly Node[]): Capacity {
  const sum: Capacity = {
    cpu: { total: 0, allocatable: 0, allocated: 0 },
    memoryMib: { total: 0, allocatable: 0, allocated: 0 },
  };
  for (const node of nodes) {
    const { cpu, memory } = node.status?.resources ?? {};
    sum.cpu.total += cpu?.total ?? 0;
    sum.cpu.allocatable += cpu?.allocatable ?? 0;
    sum.cpu.allocated += cpu?.allocated ?? 0;
    sum.memoryMib.total += Number(memory?.totalMib ?? 0n);
    sum.memoryMib.allocatable += Number(memory?.allocatableMib ?? 0n);
    sum.memoryMib.allocated += Number(memory?.allocatedMib ?? 0n);
  }
  return sum;
}

/** How many virtual for each real one; 0 where nothing is known of the host. */
export function overcommit({ total, allocated }: Share): number {
  return total > 0 ? allocated / total : 0;
}

export interface Storage {
  totalBytes: number;
  usedBytes: number;
  /** What thin disks may grow to. */
  provisionedBytes: number;
}

export function storageOf(pools: readonly StoragePool[]): Storage {
  const sum: Storage = { totalBytes: 0, usedBytes: 0, provisionedBytes: 0 };
  for (const { status } of pools) {
    sum.totalBytes += Number(status?.capacity?.totalBytes ?? 0n);
    sum.usedBytes += Number(status?.capacity?.usedBytes ?? 0n);
    sum.provisionedBytes += Number(status?.capacity?.provisionedBytes ?? 0n);
  }
  return sum;
}
