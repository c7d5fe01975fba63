import { expect, test } from "vitest";
import { benches } from "./benches.ts";
import { printFigures, quantile } from "./figure.ts";

const everywhere = benches.filter((bench) => !bench.needsLibvirt && !bench.needsBrowser);

test.each(everywhere)("$name still works", { timeout: 120_000 }, async (bench) => {
  const figures = await bench.run("tiny");
  expect(figures.length).toBeGreaterThan(0);
  for (const figure of figures) expect(figure).toMatchObject({ name: expect.any(String), ours: expect.any(Number) });
  expect(printFigures(figures)).not.toContain("NaN");
});

test("quantiles are values that were measured", () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([3, 1, 2], 0.99)).toBe(3);
  expect(quantile([], 0.5)).toBeNaN();
});
