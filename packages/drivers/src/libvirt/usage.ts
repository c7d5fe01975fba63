import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type ResourceUsage, ResourceUsageSchema } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import {
  DomainStats,
  DomainStatsFlag,
  type LibvirtConnection,
  paramsToRecord,
  type TypedValue,
  uuidToString,
} from "@limiquantix/libvirt";

type Params = Record<string, TypedValue | undefined>;

interface Reading {
  cpuNanoseconds: number;
  atMs: number;
}

/** Turns libvirt's counters into usage; CPU is a rate since the reading before. */
export class UsageMeter {
  readonly #connection: Pick<LibvirtConnection, "call">;
  readonly #clock: Clock;
  #before = new Map<string, Reading>();

  constructor(connection: Pick<LibvirtConnection, "call">, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Without the domains that are busy just now: of them libvirt tells without waiting only the CPU time. */
  async read(): Promise<Map<string, ResourceUsage>> {
    const { retStats } = await this.#connection.call("CONNECT_GET_ALL_DOMAIN_STATS", {
      stats: DomainStats.CPU_TOTAL | DomainStats.BALLOON | DomainStats.INTERFACE | DomainStats.BLOCK,
      flags: DomainStatsFlag.ACTIVE | DomainStatsFlag.NOWAIT,
    });
    const atMs = this.#clock.now();
    const now = new Map<string, Reading>();
    const usage = new Map<string, ResourceUsage>();
    for (const { dom, params } of retStats) {
      const vmId = uuidToString(dom.uuid);
      const values = paramsToRecord(params);
      const before = this.#before.get(vmId);
      if (values["balloon.rss"] === undefined) {
        if (before) now.set(vmId, before);
        continue;
      }
      const cpuTimeNs = values["cpu.time"] ?? 0;
      const cpuNanoseconds = Number(cpuTimeNs);
      now.set(vmId, { cpuNanoseconds, atMs });
      const cpuPercent = percent(before, { cpuNanoseconds, atMs });
      usage.set(
        vmId,
        create(ResourceUsageSchema, {
          measuredAt: timestampFromMs(atMs),
          cpuPercent,
          cpuTimeNs: BigInt(cpuTimeNs),
          ...countersOf(values),
        }),
      );
    }
    // Of domains that are gone nothing is kept.
    this.#before = now;
    return usage;
  }
}

function percent(before: Reading | undefined, now: Reading): number {
  if (!before || now.atMs <= before.atMs || now.cpuNanoseconds < before.cpuNanoseconds) return 0;
  return ((now.cpuNanoseconds - before.cpuNanoseconds) / 1e6 / (now.atMs - before.atMs)) * 100;
}

/** The fields of ResourceUsage by libvirt's names (virConnectGetAllDomainStats). */
export function countersOf(values: Params) {
  const number = (field: string) => Number(values[field] ?? 0);
  const sum = (group: "block" | "net", field: string) => {
    let total = 0;
    for (let i = 0; i < number(`${group}.count`); i++) total += number(`${group}.${i}.${field}`);
    return BigInt(total);
  };
  // Without the guest's own figures, it is what it was given.
  const usedKib =
    values["balloon.available"] === undefined
      ? number("balloon.current")
      : number("balloon.available") -
        number(values["balloon.usable"] === undefined ? "balloon.unused" : "balloon.usable");
  return {
    memoryUsedMib: BigInt(Math.round(usedKib / 1024)),
    memoryHostMib: BigInt(Math.round(number("balloon.rss") / 1024)),
    diskReadBytes: sum("block", "rd.bytes"),
    diskWriteBytes: sum("block", "wr.bytes"),
    diskRequests: sum("block", "rd.reqs") + sum("block", "wr.reqs"),
    netRxBytes: sum("net", "rx.bytes"),
    netTxBytes: sum("net", "tx.bytes"),
  };
}
