import type { Tone } from "./badge.tsx";

const fill: Record<Tone | "accent", string> = {
  accent: "bg-accent",
  ok: "bg-ok",
  warn: "bg-warn",
  bad: "bg-bad",
  info: "bg-info",
  idle: "bg-line-strong",
};

export interface MeterProps {
  /** What is measured, for people and for those who cannot see the bar: "Memory of host-1". */
  label: string;
  value: number;
  /** 0: nothing is known of the whole, and the bar is empty. */
  max: number;
  /** The figures in words: "12 of 64 GiB". */
  text: string;
  tone?: Tone | "accent";
  /** A second value on the same scale, as a mark: what is promised where the bar is what is used. */
  mark?: number | undefined;
}

/** How much of a whole, as a bar. What is above the whole (over-commitment) fills it; the text tells how much. */
export function Meter({ label, value, max, text, tone = "accent", mark }: MeterProps) {
  const share = (part: number) => (max > 0 ? Math.min(100, Math.max(0, (100 * part) / max)) : 0);
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max || 1}
      aria-valuenow={Math.min(value, max || 1)}
      aria-valuetext={text}
      className="relative h-1.5 w-full overflow-hidden rounded-full bg-pressed"
    >
      <div
        className={`h-full rounded-full transition-[width] duration-300 ${fill[tone]}`}
        style={{ width: `${value > 0 ? Math.max(1, share(value)) : 0}%` }}
      />
      {mark !== undefined && max > 0 && (
        <div aria-hidden className="absolute inset-y-0 w-0.5 bg-text" style={{ left: `calc(${share(mark)}% - 1px)` }} />
      )}
    </div>
  );
}

/** Calm until it is nearly full. */
export function fullness(value: number, max: number): Tone | "accent" {
  if (max <= 0) return "idle";
  return value / max >= 0.95 ? "bad" : value / max >= 0.85 ? "warn" : "accent";
}
