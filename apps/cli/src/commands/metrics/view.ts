import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Metric_Name, Metric_Unit, type MetricsFrame } from "@limiquantix/api";
import { formatBytes } from "@limiquantix/kit";
import { renderTable } from "../../output/table.ts";
import { UsageError } from "../../usage-error.ts";

/** `cpu`, `disk-read`: as one writes it after --metric. */
export function metricWord(name: Metric_Name): string {
  return (Metric_Name[name] ?? "").toLowerCase().replaceAll("_", "-");
}

const names: ReadonlyMap<string, Metric_Name> = new Map(
  Object.values(Metric_Name)
    .filter((name): name is Metric_Name => typeof name === "number" && name !== Metric_Name.UNKNOWN)
    .map((name) => [metricWord(name), name]),
);

/** Throws a UsageError for a word that is no metric. */
export function parseMetrics(words: readonly string[] = []): Metric_Name[] {
  return words.map((word) => {
    const name = names.get(word);
    if (name !== undefined) return name;
    throw new UsageError(`${JSON.stringify(word)} is no metric`, `There are: ${[...names.keys()].join(", ")}.`);
  });
}

export function formatMetric(value: number, unit: Metric_Unit): string {
  if (Number.isNaN(value)) return "-";
  switch (unit) {
    case Metric_Unit.PERCENT:
      return `${value.toFixed(1)}%`;
    case Metric_Unit.BYTES:
      return formatBytes(BigInt(Math.round(value)));
    case Metric_Unit.BYTES_PER_SECOND:
      return `${formatBytes(BigInt(Math.round(value)))}/s`;
    case Metric_Unit.PER_SECOND:
      return `${value.toFixed(1)}/s`;
    default:
      return value.toFixed(2);
  }
}

/** A line for each series: the newest value, and what lies behind it. */
export function summaryTable(frame: MetricsFrame): string[] {
  return renderTable(
    [
      { header: "METRIC", value: ({ metric }) => metricWord(metric) },
      { header: "NOW", value: ({ values, unit }) => formatMetric(newest(values), unit), right: true },
      { header: "LOWEST", value: ({ values, unit }) => formatMetric(over(values, Math.min), unit), right: true },
      { header: "MEAN", value: ({ values, unit }) => formatMetric(mean(values), unit), right: true },
      { header: "HIGHEST", value: ({ values, unit }) => formatMetric(over(values, Math.max), unit), right: true },
    ],
    frame.series,
  );
}

/** A line for each point in time that something was measured in; a gap is a dash. */
export function pointsTable(frame: MetricsFrame): string[] {
  const start = frame.start ? timestampMs(frame.start) : 0;
  const points = Array.from({ length: frame.count }, (_, i) => i).filter((i) =>
    frame.series.some(({ values }) => !Number.isNaN(values[i] ?? NaN)),
  );
  return renderTable(
    [
      { header: "TIME", value: (i) => new Date(start + i * frame.stepSeconds * 1000).toISOString() },
      ...frame.series.map(({ metric, unit, values }) => ({
        header: metricWord(metric).toUpperCase(),
        value: (i: number) => formatMetric(values[i] ?? NaN, unit),
        right: true,
      })),
    ],
    points,
  );
}

/** The last step has not been measured while it goes on. */
function newest(values: readonly number[]): number {
  return values.slice(-3).findLast((value) => !Number.isNaN(value)) ?? NaN;
}

function over(values: readonly number[], pick: (...values: number[]) => number): number {
  const measured = values.filter((value) => !Number.isNaN(value));
  return measured.length > 0 ? pick(...measured) : NaN;
}

function mean(values: readonly number[]): number {
  const measured = values.filter((value) => !Number.isNaN(value));
  return measured.length > 0 ? measured.reduce((sum, value) => sum + value, 0) / measured.length : NaN;
}
