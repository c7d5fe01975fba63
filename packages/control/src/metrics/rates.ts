import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { NodeMetrics, ResourceUsage } from "@limiquantix/api";

const mib = 1024 * 1024;
/** Two readings that are further apart say nothing about the time between them. */
const longestMs = 45_000;

type Counters = { [K in keyof (ResourceUsage & NodeMetrics)]?: unknown };

/** A VM's row of values, in the order of `columns.vm`. `cores`: its vCPUs. */
export function vmValues(before: ResourceUsage | undefined, now: ResourceUsage, cores: number): number[] {
  const perSecond = rates(before, now);
  // A daemon of an older version counts no CPU time.
  const cpu = now.cpuTimeNs > 0n ? perSecond("cpuTimeNs") / 1e7 : now.cpuPercent;
  return [
    cpu / Math.max(1, cores),
    Number(now.memoryUsedMib) * mib,
    perSecond("diskReadBytes"),
    perSecond("diskWriteBytes"),
    perSecond("diskRequests"),
    perSecond("netRxBytes"),
    perSecond("netTxBytes"),
  ];
}

/** A host's, in the order of `columns.node`. */
export function nodeValues(before: NodeMetrics | undefined, now: NodeMetrics): number[] {
  const perSecond = rates(before, now);
  return [
    now.cpuTotalMs > 0n ? (100 * perSecond("cpuBusyMs")) / perSecond("cpuTotalMs") : now.cpuUsagePercent,
    Number(now.memoryUsedMib) * mib,
    perSecond("diskReadBytes"),
    perSecond("diskWriteBytes"),
    perSecond("diskRequests"),
    perSecond("netRxBytes"),
    perSecond("netTxBytes"),
    now.load1m,
    now.daemonCpuMs > 0n ? perSecond("daemonCpuMs") / 10 : now.daemonCpuPercent,
    Number(now.daemonRssMib) * mib,
  ];
}

/** A counter that went back belongs to another start of the machine: there is no rate between the two. */
function rates<M extends Counters & Pick<ResourceUsage, "measuredAt">>(before: M | undefined, now: M) {
  const ms = before?.measuredAt && now.measuredAt ? timestampMs(now.measuredAt) - timestampMs(before.measuredAt) : 0;
  return (counter: keyof M): number => {
    if (!before || ms <= 0 || ms > longestMs) return NaN;
    const difference = Number(now[counter]) - Number(before[counter]);
    return difference < 0 ? NaN : (1000 * difference) / ms;
  };
}
