import type { Tone } from "../../ui/badge.tsx";

const stroke: Record<Tone | "accent", string> = {
  accent: "stroke-accent",
  ok: "stroke-ok",
  warn: "stroke-warn",
  bad: "stroke-bad",
  info: "stroke-info",
  idle: "stroke-line-strong",
};

const [radius, width] = [34, 8];
const circumference = 2 * Math.PI * radius;

/** How full something is, as a ring, with lines where its thresholds are. */
export function CapacityRing(props: {
  label: string;
  /** From 0 to 1. */
  share: number;
  text: string;
  tone: Tone | "accent";
  marks: readonly number[];
}) {
  const { label, share, text, tone, marks } = props;
  const length = circumference * Math.min(1, Math.max(0.004, share));
  return (
    <svg role="img" aria-label={label} width={120} height={120} viewBox="0 0 88 88" className="shrink-0">
      <g transform="rotate(-90 44 44)" fill="none">
        <circle cx={44} cy={44} r={radius} strokeWidth={width} className="stroke-pressed" />
        <circle
          cx={44}
          cy={44}
          r={radius}
          strokeWidth={width}
          strokeDasharray={`${length} ${circumference - length}`}
          className={stroke[tone]}
        />
        {marks.map((mark) => (
          <circle
            key={mark}
            cx={44}
            cy={44}
            r={radius}
            strokeWidth={width + 4}
            strokeDasharray={`1.2 ${circumference - 1.2}`}
            strokeDashoffset={-circumference * mark}
            className="stroke-muted"
          />
        ))}
      </g>
      <text x={44} y={49} textAnchor="middle" fontSize={15} fontWeight={600} className="fill-text tabular-nums">
        {text}
      </text>
    </svg>
  );
}
