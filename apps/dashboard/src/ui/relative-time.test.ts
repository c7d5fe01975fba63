import { expect, test } from "vitest";
import { ago, fromNow } from "./relative-time.ts";

const now = Date.UTC(2026, 0, 10, 12);

test.each([
  [0, "now"],
  [-400, "now"],
  [-3000, "3s ago"],
  [-59_000, "59s ago"],
  [-60_000, "1m ago"],
  [-3 * 3_600_000, "3h ago"],
  [-86_400_000, "yesterday"],
])("%i ms from now is %s", (ms, words) => expect(ago(now + ms, now)).toBe(words));

test("what has been is never told as to come, however wrong the clocks are", () => {
  expect(ago(now + 3000, now)).toBe("now");
  expect(ago(now + 7_200_000, now)).toBe("now");
});

test("what is to come is told as such", () => {
  expect(fromNow(now + 3000, now)).toBe("in 3s");
  expect(fromNow(now + 86_400_000, now)).toBe("tomorrow");
});
