import { strings } from "../strings/index.ts";
import { rangesOf, useRange } from "./range.ts";

/** `keptMs`: how far back there are measurements. */
export function RangePicker({ keptMs }: { keptMs: number }) {
  const [range, setRange] = useRange();
  return (
    <div
      role="group"
      aria-label={strings.charts.rangeLabel}
      className="inline-flex rounded-md border border-line-strong p-0.5"
    >
      {rangesOf(keptMs, range).map((name) => (
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
