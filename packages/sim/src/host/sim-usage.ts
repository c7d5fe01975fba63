import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ResourceUsageSchema, type ResourceUsage } from "@limiquantix/api";
import type { SimDomain } from "./sim-host.ts";
import { guestLoad } from "./sim-load.ts";

/** What the hypervisor measures of a guest that runs. */
export function usageOf(vmId: string, live: NonNullable<SimDomain["live"]>, nowMs: number): ResourceUsage {
  const { guest, spec } = live;
  const load = guestLoad(vmId, guest.ranMs);
  const cores = spec.cpu?.cores ?? 1;
  const usedMib = BigInt(Math.round(Number(spec.memory?.sizeMib ?? 0n) * load.memoryShare));
  return create(ResourceUsageSchema, {
    measuredAt: timestampFromMs(nowMs),
    cpuPercent: guest.paused ? 0 : 100 * cores * load.cpuShare,
    cpuTimeNs: BigInt(Math.round(1e9 * cores * load.cpuSeconds)),
    memoryUsedMib: usedMib,
    memoryHostMib: usedMib,
    diskReadBytes: BigInt(Math.round(load.diskReadBytes)),
    diskWriteBytes: BigInt(Math.round(load.diskWriteBytes)),
    diskRequests: BigInt(Math.round(load.diskRequests)),
    netRxBytes: BigInt(Math.round(load.netRxBytes)),
    netTxBytes: BigInt(Math.round(load.netTxBytes)),
  });
}
