import { lazy, Suspense, useId, useState } from "react";
import { useTheme } from "../app/theme.ts";
import { Skeleton } from "../ui/states.tsx";
import { formatValue } from "./format.ts";
import type { Frame } from "./frame.ts";
import type { Line } from "./lines.ts";
import type { Span } from "./plot.tsx";
import { newest, summaryOf } from "./summary.ts";

const Plot = lazy(async () => ({ default: (await import("./plot.tsx")).Plot }));

const defaultColours = ["accent", "warn", "ok", "info"];
const dots: Readonly<Record<string, string>> = { accent: "bg-accent", warn: "bg-warn", ok: "bg-ok", info: "bg-info" };
const height = 148;
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export interface TimeChartProps {
  title: string;
  frame: Frame;
  lines: readonly Line[];
  /** What of the range is shown. */
  span: Span;
  /** Which time that is, in words. */
  when: string;
  onZoom: (span: Span | undefined) => void;
  /** The top of the axis, where it is known: all of a VM's memory. */
  max?: number | undefined;
  /** What stands behind the value: "of 8 GiB". */
  of?: string | undefined;
}

/** One chart of a page. Its heading has the values under the crosshair, or the newest ones. */
export function TimeChart({ title, frame, lines, span, when, onZoom, max, of }: TimeChartProps) {
  const [point, setPoint] = useState<number>();
  const theme = useTheme();
  const summary = useId();
  const at = point === undefined ? undefined : new Date(frame.startMs + point * frame.stepMs);
  const atText = at && (span.toMs - span.fromMs > 86_400_000 ? moment : clock).format(at);
  const shown = lines.map(({ label, unit, values }) => {
    const value = point === undefined ? newest(values) : values[point];
    return { label, text: value === undefined || Number.isNaN(value) ? "–" : formatValue(value, unit) };
  });
  const valueText = [...(atText ? [atText] : []), ...shown.map(({ label, text }) => `${label} ${text}`)].join(", ");
  return (
    <figure className="min-w-0 rounded-lg border border-line bg-surface px-3 pt-2 pb-1">
      <figcaption className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 pb-1">
        <span className="font-semibold">{title}</span>
        {shown.map(({ label, text }, i) => (
          <span key={label} className="inline-flex items-baseline gap-1.5 text-muted">
            <span aria-hidden className={`size-2 rounded-full ${dots[defaultColours[i] ?? "accent"]}`} />
            {lines.length > 1 && label}
            <span className="text-text tabular-nums">{text}</span>
            {of}
          </span>
        ))}
        <span className="ml-auto text-faint tabular-nums">{atText}</span>
      </figcaption>
      <p id={summary} className="sr-only">
        {summaryOf(title, lines, when)}
      </p>
      <Suspense fallback={<Skeleton className="h-37" />}>
        <Plot
          {...{ lines, span, max, height, onZoom, theme: `${theme}/${document.documentElement.dataset["theme"]}` }}
          startMs={frame.startMs}
          stepMs={frame.stepMs}
          colours={defaultColours}
          label={title}
          describedBy={summary}
          point={point}
          valueText={valueText}
          onCursor={setPoint}
        />
      </Suspense>
    </figure>
  );
}
