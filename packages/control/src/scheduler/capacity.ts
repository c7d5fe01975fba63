import type { Node, NodeSpec, Reservation } from "@limiquantix/api";

/** What VMs may be promised on a host. */
export interface Capacity {
  cpuCores: number;
  memoryMib: number;
}

export const defaultCpuRatio = 4;
export const defaultMemoryRatio = 1;
const defaultReserveMib = 512;

/** (total − reserve) × overcommit, rounded down; never below nothing. */
export function allocatable(spec: NodeSpec | undefined): Capacity {
  const { overcommit, reserved } = spec?.scheduling ?? {};
  const cores = spec?.cpu?.totalCores ?? 0;
  const totalMib = Number(spec?.memory?.totalMib ?? 0n);
  const reserveMib = Number(reserved?.memoryMib ?? 0n) || Math.min(defaultReserveMib, Math.floor(totalMib / 10));
  return {
    cpuCores: Math.max(0, Math.floor((cores - (reserved?.cpuCores ?? 0)) * (overcommit?.cpuRatio || defaultCpuRatio))),
    memoryMib: Math.max(0, Math.floor((totalMib - reserveMib) * (overcommit?.memoryRatio || defaultMemoryRatio))),
  };
}

/** What is promised on a host, as its row has it. */
export function allocated(node: Node): Capacity {
  const resources = node.status?.resources;
  return { cpuCores: resources?.cpu?.allocated ?? 0, memoryMib: Number(resources?.memory?.allocatedMib ?? 0n) };
}

export function capacityOf(reservation: Reservation | undefined): Capacity {
  return { cpuCores: reservation?.cpuCores ?? 0, memoryMib: Number(reservation?.memoryMib ?? 0n) };
}
