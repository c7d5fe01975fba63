import type { CpuInfo, MemoryInfo, NetworkDevice, NodeMetrics, StorageDevice } from "@limiquantix/api";

/** What the host is and how it does; read from /proc and /sys. */
export interface HostFacts {
  readonly hostname: string;
  /** /etc/machine-id, or an id of our own that stays. */
  readonly machineId: string;
  /** Changes with each boot. */
  readonly bootId: string;
  readonly os: string;
  readonly kernel: string;
  /** The address that reaches the control plane. */
  readonly managementIp: string;
  describe(): Promise<HostDescription>;
  /** Since the last call where it is a rate. node_id and running_vm_count are left to the caller. */
  metrics(): Promise<NodeMetrics>;
}

export interface HostDescription {
  cpu: CpuInfo;
  memory: MemoryInfo;
  storage: StorageDevice[];
  network: NetworkDevice[];
  uptimeSeconds: number;
}
