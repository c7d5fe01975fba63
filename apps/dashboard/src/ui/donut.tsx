import type { Tone } from "./badge.tsx";

export interface Slice {
  label: string;
  count: number;
  tone: Tone;
}

const stroke: Record<Tone, string> = {
  ok: "stroke-ok",
  warn: "stroke-warn",
  bad: "stroke-bad",
  info: "stroke-info",
  idle: "stroke-line-strong",
};

const [radius, width] = [30, 9];
const circumference = 2 * Math.PI * radius;

/** The parts of a whole with their number in the middle; the words beside it are the caller's. */
export function Donut({ label, slices, size = 84 }: { label: string; slices: readonly Slice[]; size?: number }) {
  const total = slices.reduce((sum, { count }) => sum + count, 0);
  const words = slices.filter(({ count }) => count > 0).map(({ label, count }) => `${count} ${label}`);
  const starts = slices.map((_, i) => slices.slice(0, i).reduce((sum, { count }) => sum + count, 0));
  return (
    <svg
      role="img"
      aria-label={`${label}: ${words.join(", ") || 0}`}
      width={size}
      height={size}
      viewBox="0 0 80 80"
      className="shrink-0"
    >
      <circle cx={40} cy={40} r={radius} fill="none" strokeWidth={width} className="stroke-pressed" />
      {slices.map(({ label, count, tone }, i) => {
        if (count === 0) return null;
        const length = (circumference * count) / total;
        const gap = count < total && length > 3 ? 1.5 : 0;
        return (
          <circle
            key={label}
            cx={40}
            cy={40}
            r={radius}
            fill="none"
            strokeWidth={width}
            strokeDasharray={`${length - gap} ${circumference - length + gap}`}
            strokeDashoffset={-(circumference * (starts[i] ?? 0)) / total}
            transform="rotate(-90 40 40)"
            className={stroke[tone]}
          />
        );
      })}
      <text x={40} y={45.5} textAnchor="middle" fontSize={16} fontWeight={600} className="fill-text tabular-nums">
        {total}
      </text>
    </svg>
  );
}
