import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Metric_Name, Metric_Unit, MetricsFrame } from "@limiquantix/api";

/** Series on the same points in time, which go on. */
export interface Frame {
  /** Of the first point; each stands for the step that begins there. */
  startMs: number;
  stepMs: number;
  count: number;
  /** When the first measurement was made that is kept; undefined: there is none. */
  sinceMs: number | undefined;
  /** How far back measurements are kept at all. */
  keptSinceMs: number | undefined;
  /** Why what is older than a day is missing; empty: it is not. */
  missing: string;
  series: readonly Series[];
}

export interface Series {
  metric: Metric_Name;
  unit: Metric_Unit;
  /** NaN where nothing was measured. */
  values: readonly number[];
}

export function frameOf(answer: MetricsFrame): Frame {
  return {
    startMs: answer.start ? timestampMs(answer.start) : 0,
    stepMs: answer.stepSeconds * 1000,
    count: answer.count,
    sinceMs: answer.since && timestampMs(answer.since),
    keptSinceMs: answer.keptSince && timestampMs(answer.keptSince),
    missing: answer.missing,
    series: answer.series.map(({ metric, unit, values }) => ({ metric, unit, values })),
  };
}

/** What was there with what came: points of the same time are replaced, and no more are kept than `most`. */
export function extended(frame: Frame, news: Frame, most: number): Frame {
  if (news.stepMs !== frame.stepMs || news.series.length !== frame.series.length) return news;
  const at = Math.round((news.startMs - frame.startMs) / frame.stepMs);
  if (at < 0) return news;
  const count = at + news.count;
  const drop = Math.max(0, count - most);
  return {
    ...frame,
    // What goes on is of the last day, and does not know of what was before.
    sinceMs: earlier(frame.sinceMs, news.sinceMs),
    keptSinceMs: news.keptSinceMs ?? frame.keptSinceMs,
    startMs: frame.startMs + drop * frame.stepMs,
    count: count - drop,
    series: frame.series.map((series, i) => {
      const values = Array.from({ length: count }, (_, point) =>
        point < at ? (series.values[point] ?? NaN) : (news.series[i]?.values[point - at] ?? NaN),
      );
      return { ...series, values: drop > 0 ? values.slice(drop) : values };
    }),
  };
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
