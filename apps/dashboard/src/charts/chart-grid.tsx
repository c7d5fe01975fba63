import type { Metric_Name } from "@limiquantix/api";
import { ChartLine, ZoomOut } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { strings } from "../strings/index.ts";
import { Button } from "../ui/button.tsx";
import { ProblemPanel } from "../ui/problem.tsx";
import { Empty, Skeleton } from "../ui/states.tsx";
import { linesOf } from "./lines.ts";
import type { Span } from "./plot.tsx";
import { ranges, useRange } from "./range.ts";
import { RangePicker } from "./range-picker.tsx";
import { TimeChart } from "./time-chart.tsx";
import { useMetrics, type Target } from "./use-metrics.ts";

/** One chart of a target: which metrics, under which names. */
export interface ChartDefinition {
  title: string;
  lines: readonly (readonly [metric: Metric_Name, label: string])[];
  max?: number | undefined;
  of?: string | undefined;
}

const words = strings.charts;
const leastMs = 300_000;
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** The charts of one target, with one range, one crosshair and one zoom. */
export function ChartGrid({ target, charts }: { target: Target; charts: readonly ChartDefinition[] }) {
  const [range] = useRange();
  const rangeMs = ranges[range];
  const metrics = useMemo(() => charts.flatMap(({ lines }) => lines.map(([metric]) => metric)), [charts]);
  const { frame, problem } = useMetrics(target, metrics, rangeMs);
  const [zoom, setZoom] = useState<Span>();
  useEffect(() => setZoom(undefined), [rangeMs, target.id]);
  if (problem) return <ProblemPanel problem={problem} />;
  const toMs = frame ? frame.startMs + frame.count * frame.stepMs : 0;
  const since = frame?.sinceMs;
  // What is younger than the range gets the whole width: an hour of nothing tells nothing.
  const fromMs = Math.max(toMs - rangeMs, Math.min(since ?? 0, toMs - leastMs));
  const whole = { fromMs, toMs };
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <div className="flex min-h-8 flex-wrap items-center gap-3">
        <RangePicker keptMs={frame?.keptSinceMs === undefined ? 0 : toMs - frame.keptSinceMs} />
        {zoom && (
          <Button look="ghost" icon={<ZoomOut size={14} />} onClick={() => setZoom(undefined)}>
            {words.resetZoom}
          </Button>
        )}
        <p className="ml-auto text-faint">
          {since !== undefined && since > toMs - rangeMs + 60_000 ? words.since(moment.format(since)) : words.zoomHint}
        </p>
      </div>
      {frame?.missing && (
        <p role="status" className="rounded-lg border border-line bg-warn-soft px-3 py-2 text-warn">
          {words.missing(frame.missing)}
        </p>
      )}
      {frame && since === undefined ? (
        <Empty icon={<ChartLine size={24} />} title={words.none}>
          {words.noneText[target.kind === "vm" || target.kind === "root" ? target.kind : "node"]}
        </Empty>
      ) : (
        <div className="grid min-w-0 grid-cols-1 gap-3 lg:grid-cols-2">
          {charts.map(({ title, lines, max, of }) =>
            frame ? (
              <TimeChart
                key={title}
                {...{ title, frame, max, of }}
                lines={linesOf(frame, lines)}
                span={zoom ?? whole}
                when={zoom ? words.zoomed : words.inWords[range]}
                onZoom={setZoom}
              />
            ) : (
              <Skeleton key={title} className="h-46" />
            ),
          )}
        </div>
      )}
    </div>
  );
}
