import { UsageError } from "../usage-error.ts";

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of `90`, `90s`, `5m`, `2h`, `7d`. */
export function parseSeconds(text: string): number {
  const match = /^([0-9]+)([smhd]?)$/.exec(text.trim());
  if (!match) throw new UsageError(`${JSON.stringify(text)} is no duration`, "Write seconds, or 5m, 2h, 7d.");
  return Number(match[1]) * (seconds[match[2] || "s"] ?? 1);
}

/** `5s`, `12m`, `3h`, `8d`: how long ago, in the largest unit that says something. */
export function formatAge(sinceMs: number, nowMs: number): string {
  const age = Math.max(0, Math.round((nowMs - sinceMs) / 1000));
  if (age < 120) return `${age}s`;
  if (age < 7200) return `${Math.floor(age / 60)}m`;
  if (age < 172_800) return `${Math.floor(age / 3600)}h`;
  return `${Math.floor(age / 86_400)}d`;
}
