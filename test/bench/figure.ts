/** One measured comparison. `ours` and `bare` were measured in the same run, in turns, on the same machine. */
export interface Figure {
  name: string;
  unit: string;
  ours: number;
  /** The bare tool; undefined for a figure that stands alone (memory of a process). */
  bare?: number;
  /** What the bare tool is: virsh, raw node:http. */
  against?: string;
  /** What we aim for, for the reader; nothing asserts it. */
  aim?: string;
}

export interface Bench {
  name: string;
  /** True: needs a libvirt at LIMIQUANTIX_LIBVIRT_SOCKET. */
  needsLibvirt: boolean;
  /** True: drives Debian's Chromium. */
  needsBrowser?: boolean;
  run(size: Size): Promise<Figure[]>;
}

/** `tiny` only shows, within seconds, that a bench still works; its figures mean nothing. */
export type Size = "full" | "tiny";

/** `quantile(sorted, 0.99)`: the value that 99 % are not above. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/** Milliseconds that each of `times` calls took, after `warmup` calls that do not count. */
export async function timings(
  call: () => Promise<unknown>,
  times: number,
  warmup = Math.ceil(times / 10),
): Promise<number[]> {
  for (let i = 0; i < warmup; i++) await call();
  const samples: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await call();
    samples.push(performance.now() - start);
  }
  return samples;
}

/** Prints figures as a Markdown table, so that a run can be pasted into a note. */
export function printFigures(figures: readonly Figure[]): string {
  const rows = figures.map((f) => {
    const bare = f.bare === undefined ? "" : `${number(f.bare)} (${f.against})`;
    const ratio = f.bare === undefined ? "" : `${number(f.ours / f.bare)} ×`;
    return `| ${f.name} | ${number(f.ours)} | ${bare} | ${f.unit} | ${ratio} | ${f.aim ?? ""} |`;
  });
  return ["| figure | ours | bare | unit | ours ÷ bare | aim |", "|---|---|---|---|---|---|", ...rows].join("\n");
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toFixed(3);
}
