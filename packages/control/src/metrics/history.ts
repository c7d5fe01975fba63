import { columns, type RecordedKind } from "./catalogue.ts";
import { coarseShape, Recording } from "./recording.ts";

/** What was measured of everything in the last day. A VM takes 1.6 KB at first and 15 KB after a day. */
export class MetricsHistory {
  readonly #records = new Map<string, Recording>();
  /** Counts what was recorded, of all. */
  version = 0;

  get size(): number {
    return this.#records.size;
  }

  get bytes(): number {
    let bytes = 0;
    for (const record of this.#records.values()) bytes += record.bytes;
    return bytes;
  }

  find(kind: RecordedKind, id: string): Recording | undefined {
    return this.#records.get(`${kind}/${id}`);
  }

  /** Values in the order of `columns[kind]`; of the time since `fromMs`, the measurement before. */
  add(object: { kind: RecordedKind; id: string }, values: ArrayLike<number>, fromMs: number | undefined, toMs: number) {
    const { kind, id } = object;
    const key = `${kind}/${id}`;
    let record = this.#records.get(key);
    if (!record) this.#records.set(key, (record = new Recording(columns[kind].length)));
    record.add(values, fromMs, toMs);
    this.version++;
  }

  forget(kind: RecordedKind, id: string): void {
    this.#records.delete(`${kind}/${id}`);
  }

  /** Lets go of what has no measurement that is young enough to be shown. */
  prune(nowMs: number): void {
    const oldest = nowMs / coarseShape.stepMs - coarseShape.slots;
    for (const [key, { coarse }] of this.#records) if (coarse.newest < oldest) this.#records.delete(key);
  }

  entries(): IterableIterator<[key: string, record: Recording]> {
    return this.#records.entries();
  }

  /** Takes the place of all there is. */
  restore(records: ReadonlyMap<string, Recording>): void {
    this.#records.clear();
    for (const [key, record] of records) this.#records.set(key, record);
    this.version++;
  }
}
