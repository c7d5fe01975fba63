import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { MetricSeriesSchema, MetricsFrameSchema, type Metric_Name, type MetricsFrame } from "@limiquantix/api";
import { unitOf } from "../catalogue.ts";
import type { Grid } from "../grid.ts";
import { keptSinceMs, ringMs, together, type Past } from "../past.ts";
import type { MetricsServiceParts } from "../service.ts";
import { namesFor, type Source } from "../targets.ts";

export interface Framed {
  sources: readonly Source[];
  asked: readonly Metric_Name[];
  grid: Grid;
  /** What is older than the ring; undefined: nobody was asked. */
  past?: Past | undefined;
  /** Why nobody answered. */
  missing?: string;
}

export function frameOf(parts: Pick<MetricsServiceParts, "clock" | "past">, framed: Framed): MetricsFrame {
  const { sources, asked, grid, past, missing = "" } = framed;
  const nowMs = parts.clock.now();
  const since = sinceOf(framed);
  const series = sources.flatMap((source) =>
    namesFor(source, asked).map((metric) =>
      create(MetricSeriesSchema, {
        target: source.target,
        metric,
        unit: unitOf(metric),
        values: Array.from(together(source.read(metric, grid), past?.(source, metric), grid, nowMs - ringMs)),
      }),
    ),
  );
  return create(MetricsFrameSchema, {
    start: timestampFromMs(grid.startMs),
    stepSeconds: grid.stepMs / 1000,
    count: grid.count,
    series,
    ...(since === undefined ? {} : { since: timestampFromMs(since) }),
    keptSince: timestampFromMs(keptSinceMs(parts.past, nowMs)),
    missing,
  });
}

function sinceOf({ sources, asked, grid, past }: Framed): number | undefined {
  let oldest: number | undefined;
  const older = (sinceMs: number | undefined) => {
    if (sinceMs !== undefined) oldest = Math.min(oldest ?? Infinity, sinceMs);
  };
  for (const source of sources) {
    for (const recording of source.recordings()) older(recording.sinceMs());
    for (const name of past ? namesFor(source, asked) : []) {
      const first = past?.(source, name)?.findIndex((value) => !Number.isNaN(value)) ?? -1;
      if (first >= 0) older(grid.startMs + first * grid.stepMs);
    }
  }
  return oldest;
}
