/*
 * What a simulated guest does with its time: a few slow waves and now and then a peak, another mix for each VM, the
 * same in each run. All of it is a formula with a known integral, so that counters never disagree with their rates.
 */

export interface GuestLoad {
  /** Of one vCPU at this moment: 1 is all busy. */
  cpuShare: number;
  /** Of its memory. */
  memoryShare: number;
  /** CPU time of one vCPU, in seconds, since it started. */
  cpuSeconds: number;
  diskReadBytes: number;
  diskWriteBytes: number;
  diskRequests: number;
  netRxBytes: number;
  netTxBytes: number;
}

/** What a VM of this id does after it has run for so long. */
export function guestLoad(vmId: string, ranMs: number): GuestLoad {
  const seconds = ranMs / 1000;
  const seed = fraction(vmId);
  // Most are calm, a few are busy.
  const busy = 0.04 + 0.7 * seed("busy") ** 3;
  const cpu = wave(seconds, seed("cpu"));
  const disk = wave(seconds, seed("disk"));
  const net = wave(seconds, seed("net"));
  const diskBytes = busy * 40e6 * seed("disk size");
  const readShare = 0.2 + 0.5 * seed("reads");
  const netBytes = busy * 25e6 * seed("net size");
  return {
    cpuShare: Math.min(1, busy * cpu.rate),
    memoryShare: 0.3 + 0.4 * seed("memory") + 0.1 * (wave(seconds / 7, seed("memory")).rate / mostRate),
    cpuSeconds: busy * cpu.sum,
    diskReadBytes: diskBytes * readShare * disk.sum,
    diskWriteBytes: diskBytes * (1 - readShare) * disk.sum,
    diskRequests: (diskBytes / 24_000) * disk.sum,
    netRxBytes: netBytes * net.sum,
    netTxBytes: netBytes * (0.2 + 0.6 * seed("tx")) * net.sum,
  };
}

const mostRate = 1.4;

/** A rate from 0.1 to 1.4, and what it adds up to since second 0. */
function wave(seconds: number, phase: number): { rate: number; sum: number } {
  let rate = 0.4;
  let sum = 0.4 * seconds;
  for (const [period, height] of [
    [41 + 20 * phase, 0.08],
    [190 + 90 * phase, 0.1],
    [1130 + 400 * phase, 0.12],
  ] as const) {
    const turn = (2 * Math.PI) / period;
    const from = 2 * Math.PI * phase * (period % 7);
    rate += height * Math.sin(turn * seconds + from);
    sum += (height / turn) * (Math.cos(from) - Math.cos(turn * seconds + from));
  }
  // sin⁴ is 3/8 − cos(2x)/2 + cos(4x)/8: a peak twice a turn, and calm between.
  const turn = (2 * Math.PI) / (700 + 500 * phase);
  const from = 9 * phase;
  const height = 0.7;
  rate += height * Math.sin(turn * seconds + from) ** 4;
  sum += height * (peaks(turn * seconds + from) - peaks(from)) * (1 / turn);
  return { rate, sum };
}

/** ∫ sin⁴ */
function peaks(x: number): number {
  return (3 * x) / 8 - Math.sin(2 * x) / 4 + Math.sin(4 * x) / 32;
}

/** Numbers from 0 to 1 that hang on an id and a word alone (FNV-1a, stirred). */
function fraction(id: string): (word: string) => number {
  return (word) => {
    let hash = 0x811c9dc5;
    for (let i = 0; i < id.length + word.length; i++) {
      const code = i < id.length ? id.charCodeAt(i) : word.charCodeAt(i - id.length);
      hash = Math.imul(hash ^ code, 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
  };
}
