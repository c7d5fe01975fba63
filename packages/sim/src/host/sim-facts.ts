import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  CpuInfoSchema,
  MemoryInfoSchema,
  NetworkDeviceSchema,
  NodeMetricsSchema,
  type NodeMetrics,
} from "@limiquantix/api";
import type { HostDescription, HostFacts } from "@limiquantix/node";
import type { SimHost } from "./sim-host.ts";
import { usageOf } from "./sim-usage.ts";

/** What a simulated host says of itself. */
export class SimFacts implements HostFacts {
  readonly os = "limiquantix sim";
  readonly kernel = "sim";
  readonly managementIp = "127.0.0.1";
  readonly #host: SimHost;
  readonly #since: number;

  constructor(host: SimHost) {
    this.#host = host;
    this.#since = host.clock.now();
  }

  get hostname(): string {
    return this.#host.name;
  }

  get machineId(): string {
    return this.#host.machineId;
  }

  get bootId(): string {
    return this.#host.bootId;
  }

  async describe(): Promise<HostDescription> {
    const { cpuCores, memoryMib } = this.#host.size;
    return {
      cpu: create(CpuInfoSchema, {
        model: "simulated",
        vendor: "limiquantix",
        sockets: 1,
        coresPerSocket: cpuCores,
        threadsPerCore: 1,
        totalCores: cpuCores,
        architecture: "x86_64",
      }),
      memory: create(MemoryInfoSchema, { totalMib: BigInt(memoryMib), availableMib: BigInt(memoryMib) }),
      storage: [],
      network: [create(NetworkDeviceSchema, { name: "eth0", up: true, mtu: 1500, addresses: ["127.0.0.1/8"] })],
      uptimeSeconds: (this.#host.clock.now() - this.#since) / 1000,
    };
  }

  async metrics(): Promise<NodeMetrics> {
    const { size, domains, moved, clock } = this.#host;
    const daemon = { cpuShare: 0.005, memoryMib: 90n };
    const total = { ...moved, busyCores: daemon.cpuShare, memoryMib: daemon.memoryMib };
    for (const { vmId, live } of domains.values()) {
      if (!live) continue;
      const usage = usageOf(vmId, live, clock.now());
      total.busyCores += usage.cpuPercent / 100;
      total.memoryMib += usage.memoryHostMib;
      for (const counter of Object.keys(moved) as (keyof typeof moved)[]) total[counter] += Number(usage[counter]);
    }
    return create(NodeMetricsSchema, {
      measuredAt: timestampFromMs(clock.now()),
      cpuUsagePercent: Math.min(100, (100 * total.busyCores) / size.cpuCores),
      memoryUsedMib: total.memoryMib,
      memoryTotalMib: BigInt(size.memoryMib),
      load1m: total.busyCores,
      load5m: total.busyCores,
      load15m: total.busyCores,
      diskReadBytes: BigInt(Math.round(total.diskReadBytes)),
      diskWriteBytes: BigInt(Math.round(total.diskWriteBytes)),
      diskRequests: BigInt(Math.round(total.diskRequests)),
      netRxBytes: BigInt(Math.round(total.netRxBytes)),
      netTxBytes: BigInt(Math.round(total.netTxBytes)),
      daemonCpuPercent: 100 * daemon.cpuShare,
      daemonRssMib: daemon.memoryMib,
    });
  }
}
