import { expect, test } from "vitest";
import { rangesOf } from "./range.ts";

const dayMs = 86_400_000;
const usual = ["1h", "6h", "24h"];

test("without a history beyond a day there are three ranges", () => {
  expect(rangesOf(0, "1h")).toEqual(usual);
  expect(rangesOf(dayMs, "6h")).toEqual(usual);
  expect(rangesOf(dayMs + 60_000, "6h")).toEqual(usual);
});

test("with one there are those that show more than the one before", () => {
  expect(rangesOf(2 * dayMs, "1h")).toEqual([...usual, "7d"]);
  expect(rangesOf(8 * dayMs, "1h")).toEqual([...usual, "7d", "30d"]);
  expect(rangesOf(400 * dayMs, "1h")).toEqual([...usual, "7d", "30d", "1y"]);
});

test("the one that an address asks for is there to be left", () => {
  expect(rangesOf(dayMs, "1y")).toEqual([...usual, "1y"]);
});
