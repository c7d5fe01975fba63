import { Metric_Name, Metric_Unit } from "@limiquantix/api";
import { expect, test } from "vitest";
import { extended, type Frame } from "./frame.ts";

const frame = (startMs: number, values: number[], stepMs = 10_000): Frame => ({
  startMs,
  stepMs,
  count: values.length,
  sinceMs: startMs,
  keptSinceMs: 0,
  missing: "",
  series: [{ metric: Metric_Name.CPU, unit: Metric_Unit.PERCENT, values }],
});
const valuesOf = ({ series }: Frame) => series[0]?.values;

test("what comes goes on from the last point, which it may change", () => {
  const longer = extended(frame(0, [1, 2, NaN]), frame(20_000, [3, 4]), 100);
  expect([longer.startMs, longer.count, valuesOf(longer)]).toEqual([0, 4, [1, 2, 3, 4]]);
});

test("what comes does not make forget since when there are measurements, nor why older ones are missing", () => {
  const longer = extended({ ...frame(0, [1, 2]), missing: "why" }, frame(10_000, [2, 3]), 100);
  expect([longer.sinceMs, longer.missing]).toEqual([0, "why"]);
});

test("a hole between the two is a gap", () => {
  expect(valuesOf(extended(frame(0, [1]), frame(30_000, [4]), 100))).toEqual([1, NaN, NaN, 4]);
});

test("the oldest points go when there are too many", () => {
  const longer = extended(frame(0, [1, 2, 3]), frame(20_000, [3, 4, 5]), 3);
  expect([longer.startMs, longer.count, valuesOf(longer)]).toEqual([20_000, 3, [3, 4, 5]]);
});

test("what does not fit takes the place of all", () => {
  const other = frame(0, [7], 120_000);
  expect(extended(frame(0, [1, 2]), other, 100)).toBe(other);
});
