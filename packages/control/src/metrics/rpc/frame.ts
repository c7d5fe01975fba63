import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { MetricSeriesSchema, MetricsFrameSchema, type Metric_Name, type MetricsFrame } from "@limiquantix/api";
import { unitOf } from "../catalogue.ts";
import type { Grid } from "../grid.ts";
import { namesFor, type Source } from "../targets.ts";

export function frameOf(sources: readonly Source[], asked: readonly Metric_Name[], grid: Grid): MetricsFrame {
  const series = sources.flatMap((source) =>
    namesFor(source, asked).map((metric) =>
      create(MetricSeriesSchema, {
        target: source.target,
        metric,
        unit: unitOf(metric),
        values: Array.from(source.read(metric, grid)),
      }),
    ),
  );
  const since = sinceOf(sources);
  return create(MetricsFrameSchema, {
    start: timestampFromMs(grid.startMs),
    stepSeconds: grid.stepMs / 1000,
    count: grid.count,
    series,
    ...(since === undefined ? {} : { since: timestampFromMs(since) }),
  });
}

function sinceOf(sources: readonly Source[]): number | undefined {
  let oldest: number | undefined;
  for (const source of sources) {
    for (const recording of source.recordings()) {
      const since = recording.sinceMs();
      if (since !== undefined) oldest = Math.min(oldest ?? Infinity, since);
    }
  }
  return oldest;
}
