import { decode, encode, gap } from "./log-scale.ts";

/** Memory is taken by so many slots at a time, when the first of them is written. */
const chunkSlots = 120;

export interface RingShape {
  /** Milliseconds of one slot. */
  stepMs: number;
  /** How many slots are kept; a multiple of 120. */
  slots: number;
}

/**
 * The newest slots of a few series side by side. A slot is counted from the epoch (time ÷ step), so that all rings of
 * one shape are aligned, and a time that nobody wrote is a gap.
 */
export class Ring {
  readonly shape: RingShape;
  readonly #width: number;
  readonly #chunks: (Uint16Array | undefined)[];
  #newest = -1;

  constructor(shape: RingShape, width: number) {
    this.shape = shape;
    this.#width = width;
    this.#chunks = Array.from({ length: shape.slots / chunkSlots }, () => undefined);
  }

  /** The newest slot that was written; −1: none. */
  get newest(): number {
    return this.#newest;
  }

  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + (chunk?.byteLength ?? 0), 0);
  }

  slotOf(timeMs: number): number {
    return Math.floor(timeMs / this.shape.stepMs);
  }

  /** Values in the order of the series; NaN is a gap. A slot that has left the ring is not written. */
  write(slot: number, values: ArrayLike<number>): void {
    if (slot <= this.#newest - this.shape.slots) return;
    this.#advance(slot);
    const { chunk, at } = this.#place(slot);
    const row = (this.#chunks[chunk] ??= new Uint16Array(chunkSlots * this.#width));
    for (let column = 0; column < this.#width; column++) row[at + column] = encode(values[column] ?? NaN);
  }

  /** NaN for a gap, and for what is older or newer than the ring. */
  read(slot: number, column: number): number {
    if (slot > this.#newest || slot <= this.#newest - this.shape.slots || slot < 0) return NaN;
    const { chunk, at } = this.#place(slot);
    return decode(this.#chunks[chunk]?.[at + column] ?? gap);
  }

  /** The mean of what was measured in `count` slots; NaN where that is nothing. */
  mean(slot: number, count: number, column: number): number {
    let sum = 0;
    let measured = 0;
    const from = Math.max(slot, this.#newest - this.shape.slots + 1);
    const to = Math.min(slot + count - 1, this.#newest);
    for (let i = from; i <= to; i++) {
      const value = this.read(i, column);
      if (Number.isNaN(value)) continue;
      sum += value;
      measured++;
    }
    return measured > 0 ? sum / measured : NaN;
  }

  /** The oldest slot with a measurement; undefined: there is none. */
  oldest(): number | undefined {
    for (let slot = Math.max(0, this.#newest - this.shape.slots + 1); slot <= this.#newest; slot++) {
      const { chunk, at } = this.#place(slot);
      const row = this.#chunks[chunk];
      if (!row) slot += chunkSlots - 1 - (slot % chunkSlots);
      else if (row.subarray(at, at + this.#width).some((code) => code !== gap)) return slot;
    }
    return undefined;
  }

  /** What it holds, to be kept in a file. */
  state(): { newest: number; chunks: readonly (Uint16Array | undefined)[] } {
    return { newest: this.#newest, chunks: this.#chunks };
  }

  /** Throws when the state is not one of a ring of this shape. */
  restore(newest: number, chunks: readonly (Uint16Array | undefined)[]): void {
    const fits = chunks.every((chunk) => chunk === undefined || chunk.length === chunkSlots * this.#width);
    if (chunks.length !== this.#chunks.length || !fits) throw new Error("the saved ring has another shape");
    this.#newest = newest;
    for (const [i, chunk] of chunks.entries()) this.#chunks[i] = chunk;
  }

  /** Slots that nobody wrote on the way are gaps, and not what was there a round before. */
  #advance(slot: number): void {
    if (slot <= this.#newest) return;
    for (let i = Math.max(this.#newest + 1, slot - this.shape.slots + 1); i <= slot; i++) {
      const { chunk, at } = this.#place(i);
      this.#chunks[chunk]?.fill(gap, at, at + this.#width);
    }
    this.#newest = slot;
  }

  #place(slot: number): { chunk: number; at: number } {
    const inRing = slot % this.shape.slots;
    return { chunk: Math.floor(inRing / chunkSlots), at: (inRing % chunkSlots) * this.#width };
  }
}
