import { Metric_Unit as Unit } from "@limiquantix/api";
import { describe, expect, test } from "vitest";
import { ceiling, formatTick, formatValue } from "./format.ts";
import { newest, summaryOf } from "./summary.ts";

describe("values as people read them", () => {
  test.each([
    [0, Unit.PERCENT, "0 %"],
    [3.14, Unit.PERCENT, "3.1 %"],
    [87.6, Unit.PERCENT, "88 %"],
    [1.5 * 2 ** 30, Unit.BYTES, "1.5 GiB"],
    [999, Unit.BYTES_PER_SECOND, "999 B/s"],
    [3_240_000, Unit.BYTES_PER_SECOND, "3.2 MB/s"],
    [120.4, Unit.PER_SECOND, "120/s"],
    [0.25, Unit.NONE, "0.25"],
    [12_345, Unit.PER_SECOND, "12,345/s"],
  ])("%d %s", (value, unit, text) => expect(formatValue(value, unit)).toBe(text));

  test("an axis has no decimals that say nothing", () => {
    expect([formatTick(5, Unit.PERCENT), formatTick(2.5, Unit.PERCENT)]).toEqual(["5 %", "2.5 %"]);
  });
});

test.each([
  [0, Unit.PERCENT, 1],
  [4.2, Unit.PERCENT, 5],
  [93, Unit.PERCENT, 100],
  [180, Unit.PERCENT, 200],
  [0, Unit.BYTES_PER_SECOND, 1],
  [7_100_000, Unit.BYTES_PER_SECOND, 8_000_000],
  [9.9, Unit.NONE, 15],
  [1.2 * 2 ** 30, Unit.BYTES, 1.5 * 2 ** 30],
])("above %d %s an axis ends at %d", (highest, unit, top) => expect(ceiling(highest, unit)).toBe(top));

test("a chart in words: its lines, a gap at the end, and one that was never measured", () => {
  const line = (label: string, values: number[]) => ({ label, unit: Unit.PERCENT, values });
  expect(summaryOf("CPU", [line("a", [10, NaN, 30, NaN])], "in the last hour")).toBe(
    "CPU in the last hour: a now 30 %, lowest 10 %, mean 20 %, highest 30 %.",
  );
  expect(summaryOf("CPU", [line("a", [NaN])], "today")).toBe("CPU today: a: nothing measured.");
  expect(newest([1, NaN, NaN, NaN])).toBeUndefined();
});
