/** Splitting a chunk costs at most this many moves, whatever the size of the whole. */
const chunkLimit = 1_024;

/**
 * A set of strings in code unit order (ids are ASCII, so all stores agree on it). It is kept in chunks: a change moves
 * one chunk's worth of references, and ids that grow with time, as UUIDv7 do, are appended.
 */
export class SortedIds {
  readonly #chunks: string[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** False when it was there already. */
  add(id: string): boolean {
    const last = this.#chunks.at(-1);
    if (!last) {
      this.#chunks.push([id]);
      this.#size++;
      return true;
    }
    if (id > last[last.length - 1]!) {
      if (last.length < chunkLimit) last.push(id);
      else this.#chunks.push([id]);
      this.#size++;
      return true;
    }
    const index = this.#chunkOf(id);
    const chunk = this.#chunks[index]!;
    const at = lowerBound(chunk, id);
    if (chunk[at] === id) return false;
    chunk.splice(at, 0, id);
    if (chunk.length > chunkLimit) this.#chunks.splice(index + 1, 0, chunk.splice(chunkLimit / 2));
    this.#size++;
    return true;
  }

  /** False when it was not there. */
  delete(id: string): boolean {
    const index = this.#chunkOf(id);
    const chunk = this.#chunks[index];
    if (!chunk) return false;
    const at = lowerBound(chunk, id);
    if (chunk[at] !== id) return false;
    chunk.splice(at, 1);
    if (chunk.length === 0) this.#chunks.splice(index, 1);
    this.#size--;
    return true;
  }

  /** In order, from behind `after`. Ids that come or go while it runs are seen or not; no other is skipped or repeated. */
  *ascending(after?: string): Generator<string, undefined> {
    let index = after === undefined ? 0 : this.#chunkOf(after);
    let last = after;
    for (let chunk = this.#chunks[index]; chunk; chunk = this.#chunks[index]) {
      for (const id of chunk.slice(last === undefined ? 0 : upperBound(chunk, last))) {
        yield id;
        last = id;
      }
      index = last === undefined ? index + 1 : this.#firstBehind(last);
    }
  }

  /** As `ascending`, from the highest id, or the highest below `before`, down. */
  *descending(before?: string): Generator<string, undefined> {
    let last = before;
    let index = last === undefined ? this.#chunks.length - 1 : this.#lastBefore(last);
    for (let chunk = this.#chunks[index]; chunk; chunk = this.#chunks[index]) {
      const end = last === undefined ? chunk.length : lowerBound(chunk, last);
      for (const id of chunk.slice(0, end).toReversed()) {
        yield id;
        last = id;
      }
      index = last === undefined ? index - 1 : this.#lastBefore(last);
    }
  }

  /** The chunk that has `id` if any has: the first whose last id is not below it. */
  #chunkOf(id: string): number {
    return firstIndex(this.#chunks, (chunk) => chunk[chunk.length - 1]! >= id);
  }

  #firstBehind(id: string): number {
    return firstIndex(this.#chunks, (chunk) => chunk[chunk.length - 1]! > id);
  }

  #lastBefore(id: string): number {
    return firstIndex(this.#chunks, (chunk) => chunk[0]! >= id) - 1;
  }
}

function lowerBound(ids: readonly string[], id: string): number {
  return firstIndex(ids, (other) => other >= id);
}

function upperBound(ids: readonly string[], id: string): number {
  return firstIndex(ids, (other) => other > id);
}

/** Binary search: the first item that `matches`, where all behind it match too. */
function firstIndex<T>(items: readonly T[], matches: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (matches(items[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
