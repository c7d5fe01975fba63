import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Metric_Name, Metric_Unit, MetricsFrameSchema } from "@limiquantix/api";
import { expect, test } from "vitest";
import { UsageError } from "../../usage-error.ts";
import { formatMetric, parseMetrics, pointsTable, summaryTable } from "./view.ts";

const frame = create(MetricsFrameSchema, {
  start: timestampFromMs(Date.UTC(2026, 0, 1)),
  stepSeconds: 10,
  count: 4,
  series: [
    { metric: Metric_Name.CPU, unit: Metric_Unit.PERCENT, values: [NaN, 10, 30, NaN] },
    { metric: Metric_Name.DISK_READ, unit: Metric_Unit.BYTES_PER_SECOND, values: [NaN, NaN, 2048, NaN] },
  ],
});

test("a summary has the newest value and what lies behind it", () => {
  expect(summaryTable(frame)).toEqual([
    "METRIC         NOW   LOWEST     MEAN  HIGHEST",
    "cpu          30.0%    10.0%    20.0%    30.0%",
    "disk-read  2 KiB/s  2 KiB/s  2 KiB/s  2 KiB/s",
  ]);
});

test("points are in order, a gap is a dash, and a time of which nothing is known is left out", () => {
  expect(pointsTable(frame)).toEqual([
    "TIME                        CPU  DISK-READ",
    "2026-01-01T00:00:10.000Z  10.0%          -",
    "2026-01-01T00:00:20.000Z  30.0%    2 KiB/s",
  ]);
});

test("metrics by their words", () => {
  expect(parseMetrics(["cpu", "memory-used", "network-sent"])).toEqual([
    Metric_Name.CPU,
    Metric_Name.MEMORY_USED,
    Metric_Name.NETWORK_SENT,
  ]);
  expect(() => parseMetrics(["unknown"])).toThrow(UsageError);
  expect(() => parseMetrics(["CPU%"])).toThrow("is no metric");
  expect(formatMetric(NaN, Metric_Unit.BYTES)).toBe("-");
  expect(formatMetric(1.256, Metric_Unit.NONE)).toBe("1.26");
});
