import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** What a process costs its host. */
export interface ProcessCost {
  /** All pages that it has mapped and that are in memory. */
  rssMib: number;
  /** The same, with shared pages (the binary itself, libraries) divided by those who share them. */
  pssMib: number;
  /** Of one core, in user and kernel, over the time of the measurement. */
  cpuPercent: number;
}

/** Measures over `ms` milliseconds: smaps_rollup and stat, proc(5). */
export async function processCost(pid: number, ms: number): Promise<ProcessCost> {
  const start = { ticks: await cpuTicks(pid), at: performance.now() };
  await sleep(ms);
  const seconds = ((await cpuTicks(pid)) - start.ticks) / ticksPerSecond;
  const memory = await readFile(`/proc/${pid}/smaps_rollup`, "utf8");
  const mib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(memory)?.[1]) / 1024;
  return { rssMib: mib("Rss"), pssMib: mib("Pss"), cpuPercent: (100_000 * seconds) / (performance.now() - start.at) };
}

/** USER_HZ, which every Linux that Node runs on has at 100. */
const ticksPerSecond = 100;

async function cpuTicks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The command in brackets may hold spaces; behind it, utime and stime are the 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
