import { Ring, type RingShape } from "./ring.ts";

/** An hour as it was measured, and a day in means of two minutes. */
export const fineShape: RingShape = { stepMs: 10_000, slots: 360 };
export const coarseShape: RingShape = { stepMs: 120_000, slots: 720 };
const finePerCoarse = coarseShape.stepMs / fineShape.stepMs;
/** A measurement that comes this much late, as timers do, leaves no hole. */
const mostSlots = 3;

/** The history of one object. */
export class Recording {
  readonly width: number;
  readonly fine: Ring;
  readonly coarse: Ring;
  /** Counts what was recorded. */
  version = 0;

  constructor(width: number) {
    this.width = width;
    this.fine = new Ring(fineShape, width);
    this.coarse = new Ring(coarseShape, width);
  }

  get bytes(): number {
    return this.fine.bytes + this.coarse.bytes;
  }

  /** Of the time from `fromMs`, when the measurement before it was made, to `toMs`; undefined: there was none before. */
  add(values: ArrayLike<number>, fromMs: number | undefined, toMs: number): void {
    const to = this.fine.slotOf(toMs);
    const before = fromMs === undefined ? to - 1 : this.fine.slotOf(fromMs);
    const from = to - before <= mostSlots ? Math.min(before + 1, to) : to;
    for (let slot = from; slot <= to; slot++) this.fine.write(slot, values);
    this.version++;
    for (let slot = Math.floor(from / finePerCoarse); slot <= Math.floor(to / finePerCoarse); slot++) {
      this.coarse.write(slot, this.#means(slot));
    }
  }

  /** When the oldest measurement was made; undefined: there is none. */
  sinceMs(): number | undefined {
    const coarse = this.coarse.oldest();
    if (coarse === undefined) return undefined;
    const fine = this.fine.oldest() ?? Infinity;
    return Math.max(
      coarse * coarseShape.stepMs,
      Math.min(fine * fineShape.stepMs, (coarse + 1) * coarseShape.stepMs - 1),
    );
  }

  /** Means of `stepMs`, a multiple of 10 s, from `startMs` on, which is aligned to it. */
  read(column: number, grid: { startMs: number; stepMs: number; count: number }): Float32Array {
    const { startMs, stepMs, count } = grid;
    const ring = stepMs % coarseShape.stepMs === 0 ? this.coarse : this.fine;
    const perPoint = stepMs / ring.shape.stepMs;
    const first = ring.slotOf(startMs);
    return Float32Array.from({ length: count }, (_, i) => ring.mean(first + i * perPoint, perPoint, column));
  }

  #means(slot: number): Float64Array {
    return Float64Array.from({ length: this.width }, (_, column) =>
      this.fine.mean(slot * finePerCoarse, finePerCoarse, column),
    );
  }
}
