import { strings } from "../strings/index.ts";
import { ranges, useRange, type RangeName } from "./range.ts";

const names = Object.keys(ranges) as RangeName[];

export function RangePicker() {
  const [range, setRange] = useRange();
  return (
    <div
      role="group"
      aria-label={strings.charts.rangeLabel}
      className="inline-flex rounded-md border border-line-strong p-0.5"
    >
      {names.map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === range}
          onClick={() => setRange(name)}
          className="h-6.5 rounded px-2.5 text-muted hover:text-text aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-accent"
        >
          {strings.charts.ranges[name]}
        </button>
      ))}
    </div>
  );
}
