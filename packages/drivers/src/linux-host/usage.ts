import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type NodeMetrics, NodeMetricsSchema } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { mib, parseMeminfo } from "./describe-memory.ts";
import type { HostFiles } from "./virtual-file.ts";

/** USER_HZ, which the kernel shows times in (time(7)); 100 on every Linux that we run on. */
const TICKS_PER_SECOND = 100;
const SECTOR_BYTES = 512;
/** A share of less time than this says more of the clock's grain than of the host: the last one stands. */
const SHORTEST_MS = 1000;
/** Whole disks: not partitions, nor devices whose traffic is another device's too. */
const DISK = /^([svx]?vd[a-z]+|[sh]d[a-z]+|nvme\d+n\d+|mmcblk\d+)$/;

/** Reads the host's counters; CPU shares are of the time since the reading before. */
export class HostUsage {
  readonly #files: HostFiles;
  readonly #clock: Clock;
  #before: Times | undefined;
  #shares = { cpuUsagePercent: 0, daemonCpuPercent: 0 };

  constructor(files: HostFiles, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
  }

  async read(): Promise<NodeMetrics> {
    const [stat, meminfo, loadavg, netDev, diskstats, self, status] = await Promise.all(
      ["stat", "meminfo", "loadavg", "net/dev", "diskstats", "self/stat", "self/status"].map((name) =>
        this.#files.text(`proc/${name}`),
      ),
    );
    const atMs = this.#clock.now();
    const memory = parseMeminfo(meminfo ?? "");
    const total = mib(memory.get("MemTotal"));
    const [load1m = 0, load5m = 0, load15m = 0] = (loadavg ?? "").split(" ").map(Number);
    const cpu = parseCpuTimes(stat ?? "");
    const daemonTicks = parseOwnTicks(self ?? "");
    this.#measure({ ...cpu, daemonTicks, atMs });
    return create(NodeMetricsSchema, {
      measuredAt: timestampFromMs(atMs),
      ...this.#shares,
      cpuBusyMs: milliseconds(cpu.busy),
      cpuTotalMs: milliseconds(cpu.total),
      daemonCpuMs: milliseconds(daemonTicks),
      memoryUsedMib: total - mib(memory.get("MemAvailable")),
      memoryTotalMib: total,
      load1m,
      load5m,
      load15m,
      ...networkCounters(netDev ?? ""),
      ...diskCounters(diskstats ?? ""),
      daemonRssMib: mib(Number(/^VmRSS:\s+(\d+)/m.exec(status ?? "")?.[1] ?? 0)),
    });
  }

  #measure(now: Times): void {
    const before = this.#before;
    if (before && now.atMs - before.atMs < SHORTEST_MS) return;
    this.#before = now;
    if (!before) return;
    const total = now.total - before.total;
    const seconds = (now.atMs - before.atMs) / 1000;
    this.#shares = {
      cpuUsagePercent: total > 0 ? (100 * (now.busy - before.busy)) / total : 0,
      daemonCpuPercent: (100 * (now.daemonTicks - before.daemonTicks)) / TICKS_PER_SECOND / seconds,
    };
  }
}

/** In ticks, but for when they were read. */
interface Times {
  busy: number;
  total: number;
  daemonTicks: number;
  atMs: number;
}

function milliseconds(ticks: number): bigint {
  return BigInt(Math.round((1000 * ticks) / TICKS_PER_SECOND));
}

/** proc_stat(5): user nice system idle iowait irq softirq steal; the guests' time is in user already. */
function parseCpuTimes(stat: string): { busy: number; total: number } {
  const times = (/^cpu\s+(.*)$/m.exec(stat)?.[1] ?? "").split(/\s+/).map(Number).slice(0, 8);
  const total = times.reduce((sum, time) => sum + time, 0);
  return { busy: total - (times[3] ?? 0) - (times[4] ?? 0), total };
}

/** proc_pid_stat(5): the command may contain anything but ends with the last parenthesis. */
function parseOwnTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

/** proc_net_dev(5), without loopback, bridges' ports and the like: what passes them passes a real device as well. */
function networkCounters(netDev: string): { netRxBytes: bigint; netTxBytes: bigint } {
  let [rx, tx] = [0, 0];
  for (const line of netDev.split("\n").slice(2)) {
    const [name = "", numbers = ""] = line.split(":");
    if (/^(lo|vnet|tap|veth|ifb|lqx|virbr|docker|br)/.test(name.trim())) continue;
    const fields = numbers.trim().split(/\s+/).map(Number);
    rx += fields[0] ?? 0;
    tx += fields[8] ?? 0;
  }
  return { netRxBytes: BigInt(rx), netTxBytes: BigInt(tx) };
}

/** The kernel's Documentation/admin-guide/iostats.rst: fields 1 and 5 are requests, 3 and 7 sectors of 512 bytes. */
function diskCounters(diskstats: string): { diskReadBytes: bigint; diskWriteBytes: bigint; diskRequests: bigint } {
  let [read, written, requests] = [0, 0, 0];
  for (const line of diskstats.split("\n")) {
    const [, , name = "", reads = "0", , sectorsRead = "0", , writes = "0", , sectorsWritten = "0"] = line
      .trim()
      .split(/\s+/);
    if (!DISK.test(name)) continue;
    requests += Number(reads) + Number(writes);
    read += Number(sectorsRead) * SECTOR_BYTES;
    written += Number(sectorsWritten) * SECTOR_BYTES;
  }
  return { diskReadBytes: BigInt(read), diskWriteBytes: BigInt(written), diskRequests: BigInt(requests) };
}
