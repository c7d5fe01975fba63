const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" });

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
];

/** How far `then` is from `current`, both in milliseconds since 1970: "3m ago", "in 3 hr". */
export function fromNow(then: number, current: number): string {
  const difference = then - current;
  for (const [unit, ms] of units) {
    if (Math.abs(difference) >= ms) return relative.format(Math.round(difference / ms), unit);
  }
  return relative.format(0, "second");
}

/** Of what has been: a server's clock that is ahead of ours, or ours that ticks every few seconds, is no future. */
export function ago(then: number, current: number): string {
  return fromNow(Math.min(then, current), current);
}
