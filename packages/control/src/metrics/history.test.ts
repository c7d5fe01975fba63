import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MetricsHistory } from "./history.ts";
import { decode, encode, gap } from "./log-scale.ts";
import { coarseShape, fineShape, Recording } from "./recording.ts";
import { decodeHistory, encodeHistory } from "./snapshot.ts";

const vm = { kind: "vm", id: "0199a0de-0000-7000-8000-000000000001" } as const;
const start = Date.UTC(2026, 0, 1);
// A mean of values that are each within 0.034 %, kept within 0.034 %.
const close = (value: number | undefined, wanted: number) =>
  Number.isNaN(wanted) ? Number.isNaN(value) : Math.abs((value ?? NaN) - wanted) <= Math.abs(wanted) * 0.0008 + 0.001;

test("a value in 16 bits is read back within 0.034 %, zero and gaps exactly", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e15, noNaN: true }), (value) => {
      expect(Math.abs(decode(encode(value)) - value) / value).toBeLessThan(0.00035);
    }),
  );
  expect([decode(encode(0)), decode(encode(-3)), decode(gap), encode(NaN)]).toEqual([0, 0, NaN, gap]);
  expect(decode(encode(1e30))).toBeCloseTo(2 ** 54, -12);
});

/** What a recording should hold: every fine slot ever written. */
class Model {
  readonly slots = new Map<number, number>();
  newest = -1;

  add(value: number, fromMs: number | undefined, toMs: number): void {
    const to = Math.floor(toMs / fineShape.stepMs);
    const before = fromMs === undefined ? to - 1 : Math.floor(fromMs / fineShape.stepMs);
    for (let slot = to - before <= 3 ? Math.min(to, before + 1) : to; slot <= to; slot++) this.slots.set(slot, value);
    this.newest = Math.max(this.newest, to);
  }

  fine(slot: number): number {
    return slot > this.newest - fineShape.slots ? (this.slots.get(slot) ?? NaN) : NaN;
  }

  coarse(slot: number): number {
    const newest = Math.floor((this.newest * fineShape.stepMs) / coarseShape.stepMs);
    if (slot <= newest - coarseShape.slots) return NaN;
    const values = Array.from({ length: 12 }, (_, i) => this.slots.get(slot * 12 + i) ?? NaN).filter(
      (value) => !Number.isNaN(value),
    );
    return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : NaN;
  }
}

/** A jump of an hour is a host that could not be reached; one of two days goes around every ring. */
const steps = fc.array(
  fc.record({
    afterMs: fc.oneof(
      { weight: 20, arbitrary: fc.integer({ min: 9_000, max: 11_500 }) },
      { weight: 1, arbitrary: fc.integer({ min: 20_000, max: 5_000_000 }) },
      { weight: 1, arbitrary: fc.constantFrom(86_400_000, 172_800_000) },
    ),
    value: fc.oneof(fc.constant(0), fc.constant(NaN), fc.double({ min: 0.01, max: 1e9, noNaN: true })),
  }),
  { minLength: 1, maxLength: 600 },
);

test("whatever is recorded, a recording reads as a plain list of slots does", () => {
  fc.assert(
    fc.property(steps, (recorded) => {
      const recording = new Recording(1);
      const model = new Model();
      let now = start;
      let before: number | undefined;
      for (const { afterMs, value } of recorded) {
        now += afterMs;
        recording.add([value], before, now);
        model.add(value, before, now);
        before = now;
      }
      for (const [ring, wanted] of [
        [recording.fine, (slot: number) => model.fine(slot)],
        [recording.coarse, (slot: number) => model.coarse(slot)],
      ] as const) {
        for (let slot = ring.newest - ring.shape.slots - 3; slot <= ring.newest + 1; slot++) {
          if (!close(ring.read(slot, 0), wanted(slot))) {
            expect(`slot ${slot - ring.newest}: ${ring.read(slot, 0)}`).toBe(`slot: ${wanted(slot)}`);
          }
        }
      }
    }),
    { numRuns: 60 },
  );
});

describe("a recording", () => {
  test("is of means, and a gap is no zero", () => {
    const recording = new Recording(1);
    for (const [i, value] of [10, 20, NaN, 30].entries()) recording.add([value], undefined, start + i * 10_000);
    const at = (stepMs: number, count: number) => [...recording.read(0, { startMs: start, stepMs, count })];
    expect(at(10_000, 5).map((value) => Math.round(value))).toEqual([10, 20, NaN, 30, NaN]);
    expect(at(20_000, 2).map((value) => Math.round(value))).toEqual([15, 30]);
    expect(at(120_000, 1).map((value) => Math.round(value))).toEqual([20]);
    expect(recording.sinceMs()).toBe(start);
  });

  test("a measurement a little late leaves no hole, one after an outage does", () => {
    const recording = new Recording(1);
    recording.add([1], undefined, start + 9_900);
    recording.add([2], start + 9_900, start + 20_100);
    recording.add([3], start + 20_100, start + 60_000);
    const values = [...recording.read(0, { startMs: start, stepMs: 10_000, count: 7 })];
    expect(values.map((value) => Math.round(value))).toEqual([1, 2, 2, NaN, NaN, NaN, 3]);
  });

  test("takes memory as it fills, and no more than its rings have", () => {
    const recording = new Recording(7);
    recording.add([1, 1, 1, 1, 1, 1, 1], undefined, start);
    expect(recording.bytes).toBe(2 * 120 * 7 * 2);
    for (let at = start; at < start + 3 * 86_400_000; at += 60_000) recording.add([1], undefined, at);
    expect(recording.bytes).toBe((360 + 720) * 7 * 2);
  });
});

describe("the file of the history", () => {
  const filled = () => {
    const history = new MetricsHistory();
    for (let i = 0; i < 1000; i++) history.add(vm, [i % 100, i * 1e6, 0, NaN, 1, 2, 3], undefined, start + i * 10_000);
    history.add({ kind: "pool", id: "p" }, [5e9], undefined, start);
    return history;
  };
  const bytesOf = (history: MetricsHistory) => Buffer.concat([...encodeHistory(history)]);

  test("holds all of it", () => {
    const history = filled();
    const read = new MetricsHistory();
    read.restore(decodeHistory(bytesOf(history)));
    expect(bytesOf(read).equals(bytesOf(history))).toBe(true);
    const grid = { startMs: start + 9_000_000, stepMs: 10_000, count: 110 };
    expect(read.find("vm", vm.id)?.read(0, grid)).toEqual(history.find("vm", vm.id)?.read(0, grid));
    read.add(vm, [7], undefined, start + 86_400_000);
    expect(read.find("vm", vm.id)?.fine.read(read.find("vm", vm.id)!.fine.newest, 0)).toBeCloseTo(7, 1);
  });

  test("is refused as a whole when a byte of it is another, or its end is missing", () => {
    const good = bytesOf(filled());
    expect(decodeHistory(good).size).toBe(2);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bad = Uint8Array.from(good);
        bad[at] = (bad[at] ?? 0) ^ change;
        expect(() => decodeHistory(bad)).toThrow();
        expect(() => decodeHistory(good.subarray(0, at))).toThrow();
      }),
    );
  });

  test("forgets what is older than a day", () => {
    const history = filled();
    history.prune(start + 86_400_000 + 120_000);
    expect(history.size).toBe(1);
    history.prune(start + 2 * 86_400_000);
    expect(history.size).toBe(0);
  });
});
