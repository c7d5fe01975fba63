import { expect, test } from "vitest";
import { TokenBuckets } from "./token-buckets.ts";

test("a burst is allowed at once, then the rate; who waits is told how long", () => {
  let now = 0;
  const buckets = new TokenBuckets({ perSecond: 10, burst: 5 }, { now: () => now });
  expect(Array.from({ length: 5 }, () => buckets.take("a"))).toEqual([0, 0, 0, 0, 0]);
  expect(buckets.take("a")).toBe(100);
  expect(buckets.take("b")).toBe(0);
  now += 100;
  expect(buckets.take("a")).toBe(0);
  expect(buckets.take("a", 3)).toBe(300);
  now += 60_000;
  expect(buckets.take("a", 5)).toBe(0);
  expect(buckets.take("a")).toBe(100);
});

test("it remembers as many as it may, and forgets whom it has not seen for longest", () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, { most: 100, now: () => 0 });
  for (let i = 0; i < 10_000; i++) {
    buckets.take(`stranger ${i}`);
    buckets.take("regular");
  }
  expect(buckets.size).toBe(100);
  expect(buckets.take("regular")).toBeGreaterThan(0);
});
