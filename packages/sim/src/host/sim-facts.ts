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
    const { cpuCores, memoryMib } = this.#host.size;
    const running = [...this.#host.domains.values()].flatMap(({ live }) => live?.spec ?? []);
    const used = running.reduce((sum, spec) => sum + (spec.memory?.sizeMib ?? 0n), 0n);
    return create(NodeMetricsSchema, {
      measuredAt: timestampFromMs(this.#host.clock.now()),
      cpuUsagePercent: Math.min(100, running.length / cpuCores),
      memoryUsedMib: used,
      memoryTotalMib: BigInt(memoryMib),
    });
  }
}
