import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SortedIds } from "./sorted-ids.ts";

test("is a sorted set, whatever comes and goes", () => {
  const id = fc.nat({ max: 5_000 }).map((n) => String(n).padStart(4, "0"));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), id), { maxLength: 300 }), id, (steps, from) => {
      const ids = new SortedIds();
      const model = new Set<string>();
      // Enough for several chunks.
      for (let n = 0; n < 4_000; n += 1) {
        const start = String((n * 7) % 5_000).padStart(4, "0");
        expect(ids.add(start)).toBe(!model.has(start));
        model.add(start);
      }
      for (const [add, value] of steps) {
        expect(add ? ids.add(value) : ids.delete(value)).toBe(add ? !model.has(value) : model.has(value));
        if (add) model.add(value);
        else model.delete(value);
      }
      const sorted = [...model].toSorted();
      expect(ids.size).toBe(sorted.length);
      expect([...ids.ascending()]).toEqual(sorted);
      expect([...ids.descending()]).toEqual(sorted.toReversed());
      expect([...ids.ascending(from)]).toEqual(sorted.filter((v) => v > from));
      expect([...ids.descending(from)]).toEqual(sorted.filter((v) => v < from).toReversed());
    }),
    { numRuns: 15 },
  );
});

test("what is deleted while it is read does not make it skip others", () => {
  const ids = new SortedIds();
  const all = Array.from({ length: 5_000 }, (_, i) => String(i).padStart(5, "0"));
  for (const id of all) ids.add(id);
  const seen: string[] = [];
  for (const id of ids.ascending()) {
    seen.push(id);
    ids.delete(id);
  }
  expect(seen).toEqual(all);
  expect(ids.size).toBe(0);
});
