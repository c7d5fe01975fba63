import {
  Metric_Name as Name,
  Node_Phase,
  VmStatus_PowerState,
  type Node,
  type NodeMetrics,
  type PoolCapacity,
  type ResourceUsage,
  type VirtualMachine,
} from "@limiquantix/api";
import type { RecordedKind } from "../catalogue.ts";
import { coresOf, coresOfNode } from "../recorder.ts";

/** What is said of an object in a scrape; all but its row is undefined while it is not measured. */
export interface MeasuredVm {
  row: VirtualMachine;
  usage: ResourceUsage | undefined;
  cpuPercent: number | undefined;
}

export interface MeasuredNode {
  row: Node;
  usage: NodeMetrics | undefined;
  cpuPercent: number | undefined;
}

export interface MeasuredPool {
  space: PoolCapacity | undefined;
}

interface Measured {
  vm: MeasuredVm;
  node: MeasuredNode;
  pool: MeasuredPool;
}

/**
 * One metric of a kind of object, named as https://prometheus.io/docs/practices/naming/ wants it. A name is an interface:
 * what Prometheus keeps for years is found by it.
 */
export interface Family<K extends RecordedKind = RecordedKind> {
  name: string;
  type: "gauge" | "counter";
  help: string;
  /** Of which metric of the API this is the source, and what its value, or its rate, is multiplied by. */
  metric?: Name;
  factor?: number;
  /** Undefined: not known, and then there is no sample. */
  value(of: Measured[K]): number | bigint | undefined;
}

const mib = 1_048_576n;

/** What hosts and VMs count alike, since they started. */
type Counted = { usage: ResourceUsage | NodeMetrics | undefined };

function countersOf(prefix: string): (Omit<Family, "value"> & { value(of: Counted): bigint | undefined })[] {
  const counter = (
    name: string,
    help: string,
    metric: Name,
    field: "diskReadBytes" | "diskWriteBytes" | "diskRequests" | "netRxBytes" | "netTxBytes",
  ) => ({
    name: `${prefix}_${name}`,
    type: "counter" as const,
    help,
    metric,
    value: ({ usage }: Counted) => usage?.[field],
  });
  return [
    counter("disk_read_bytes_total", "Bytes read from disks", Name.DISK_READ, "diskReadBytes"),
    counter("disk_written_bytes_total", "Bytes written to disks", Name.DISK_WRITE, "diskWriteBytes"),
    counter("disk_requests_total", "Requests to disks, reads and writes together", Name.DISK_REQUESTS, "diskRequests"),
    counter("network_receive_bytes_total", "Bytes received", Name.NETWORK_RECEIVED, "netRxBytes"),
    counter("network_transmit_bytes_total", "Bytes sent", Name.NETWORK_SENT, "netTxBytes"),
  ];
}

export const families: { readonly [K in RecordedKind]: readonly Family<K>[] } = {
  vm: [
    {
      name: "limiquantix_vm_running",
      type: "gauge",
      help: "1 while the VM runs",
      value: ({ row }) => Number(row.status?.state === VmStatus_PowerState.RUNNING),
    },
    {
      name: "limiquantix_vm_cpu_usage_ratio",
      type: "gauge",
      help: "Of all its vCPUs, over the last ten seconds: 1 is all busy",
      metric: Name.CPU,
      factor: 100,
      value: ({ cpuPercent }) => ratio(cpuPercent),
    },
    {
      name: "limiquantix_vm_cpu_seconds_total",
      type: "counter",
      help: "CPU time that its vCPUs had",
      // A daemon of an older version counts none.
      value: ({ usage }) => (usage?.cpuTimeNs ? Number(usage.cpuTimeNs) / 1e9 : undefined),
    },
    { name: "limiquantix_vm_cpus", type: "gauge", help: "How many vCPUs it has", value: ({ row }) => coresOf(row) },
    {
      name: "limiquantix_vm_memory_used_bytes",
      type: "gauge",
      help: "Memory that its guest uses",
      metric: Name.MEMORY_USED,
      value: ({ usage }) => usage && usage.memoryUsedMib * mib,
    },
    {
      name: "limiquantix_vm_memory_size_bytes",
      type: "gauge",
      help: "Memory that it has",
      value: ({ row }) => (row.spec?.memory?.sizeMib ?? 0n) * mib,
    },
    ...countersOf("limiquantix_vm"),
  ],
  node: [
    {
      name: "limiquantix_node_ready",
      type: "gauge",
      help: "1 while the host can be reached and is ready for VMs",
      value: ({ row }) => Number(row.status?.phase === Node_Phase.READY),
    },
    {
      name: "limiquantix_node_cpu_usage_ratio",
      type: "gauge",
      help: "Of all its cores, over the last ten seconds: 1 is all busy",
      metric: Name.CPU,
      factor: 100,
      value: ({ cpuPercent }) => ratio(cpuPercent),
    },
    {
      name: "limiquantix_node_cpu_busy_seconds_total",
      type: "counter",
      help: "Time that its cores were busy",
      value: ({ usage }) => (usage?.cpuBusyMs ? Number(usage.cpuBusyMs) / 1000 : undefined),
    },
    {
      name: "limiquantix_node_cpus",
      type: "gauge",
      help: "How many cores it has",
      value: ({ row }) => coresOfNode(row),
    },
    {
      name: "limiquantix_node_memory_used_bytes",
      type: "gauge",
      help: "Memory in use",
      metric: Name.MEMORY_USED,
      value: ({ usage }) => usage && usage.memoryUsedMib * mib,
    },
    {
      name: "limiquantix_node_memory_size_bytes",
      type: "gauge",
      help: "Memory that it has",
      value: ({ row }) => (row.spec?.memory?.totalMib ?? 0n) * mib,
    },
    ...countersOf("limiquantix_node"),
    {
      name: "limiquantix_node_load1",
      type: "gauge",
      help: "The load average of one minute",
      metric: Name.LOAD,
      value: ({ usage }) => usage?.load1m,
    },
    {
      name: "limiquantix_node_daemon_cpu_seconds_total",
      type: "counter",
      help: "CPU time of the node daemon",
      metric: Name.DAEMON_CPU,
      factor: 100,
      value: ({ usage }) => (usage?.daemonCpuMs ? Number(usage.daemonCpuMs) / 1000 : undefined),
    },
    {
      name: "limiquantix_node_daemon_memory_bytes",
      type: "gauge",
      help: "Memory of the node daemon",
      metric: Name.DAEMON_MEMORY,
      value: ({ usage }) => usage && usage.daemonRssMib * mib,
    },
  ],
  pool: [
    {
      name: "limiquantix_pool_used_bytes",
      type: "gauge",
      help: "Space in use",
      metric: Name.SPACE_USED,
      value: ({ space }) => space?.usedBytes,
    },
    {
      name: "limiquantix_pool_size_bytes",
      type: "gauge",
      help: "Space that it has",
      value: ({ space }) => space?.totalBytes,
    },
  ],
};

/** A host's cores, by which it counts in a sum's share of CPU. */
export const nodeCpus = "limiquantix_node_cpus";

/** Always there: since when Prometheus knows this, it has a history at all. */
export const buildInfo = "limiquantix_build_info";

function ratio(percent: number | undefined): number | undefined {
  return percent === undefined ? undefined : percent / 100;
}
