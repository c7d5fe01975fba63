import { columns, type RecordedKind } from "./catalogue.ts";
import type { MetricsHistory } from "./history.ts";
import { Recording } from "./recording.ts";
import type { Ring } from "./ring.ts";

/*
 * The history as a file, little-endian:
 *
 *     "LQXMETR1"
 *     for each object: u32 length of what follows · u32 FNV-1a of it ·
 *         u8 length of the key · key ("vm/<id>") · fine ring · coarse ring
 *         ring: f64 newest slot · u16 a bit for each chunk that is there · those chunks, u16 each value
 *     u32 0xffffffff · u32 how many objects
 */
const magic = new TextEncoder().encode("LQXMETR1");
const end = 0xffff_ffff;

/** Piece by piece: the history goes on being written to meanwhile. */
export function* encodeHistory(history: MetricsHistory): Generator<Uint8Array> {
  yield magic;
  let count = 0;
  for (const [key, record] of history.entries()) {
    const body = encodeRecord(key, record);
    yield words(body.length, fnv1a(body));
    yield body;
    count++;
  }
  yield words(end, count);
}

/** Throws when the file is damaged, or one of another version. */
export function decodeHistory(bytes: Uint8Array): Map<string, Recording> {
  const reader = new Reader(bytes);
  if (!equal(reader.take(magic.length), magic)) throw new Error("it is not a file of this version");
  const records = new Map<string, Recording>();
  for (;;) {
    const [length, sum] = [reader.u32(), reader.u32()];
    if (length === end) {
      if (sum !== records.size) throw new Error(`it says ${sum} objects and has ${records.size}`);
      return records;
    }
    const body = reader.take(length);
    if (fnv1a(body) !== sum) throw new Error("a checksum does not match");
    const [key, record] = decodeRecord(new Reader(body));
    records.set(key, record);
  }
}

function encodeRecord(key: string, record: Recording): Uint8Array {
  const name = new TextEncoder().encode(key);
  const body = new Uint8Array(1 + name.length + ringBytes(record.fine) + ringBytes(record.coarse));
  body[0] = name.length;
  body.set(name, 1);
  let at = 1 + name.length;
  for (const ring of [record.fine, record.coarse]) {
    const { newest, chunks } = ring.state();
    const view = new DataView(body.buffer, at);
    view.setFloat64(0, newest, true);
    view.setUint16(
      8,
      chunks.reduce((bits, chunk, i) => (chunk ? bits | (1 << i) : bits), 0),
      true,
    );
    at += 10;
    for (const chunk of chunks) {
      if (!chunk) continue;
      body.set(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength), at);
      at += chunk.byteLength;
    }
  }
  return body;
}

function ringBytes(ring: Ring): number {
  return 10 + ring.bytes;
}

function decodeRecord(reader: Reader): [key: string, record: Recording] {
  const key = new TextDecoder().decode(reader.take(reader.take(1)[0] ?? 0));
  const kind = key.slice(0, key.indexOf("/"));
  if (!(kind in columns)) throw new Error(`${kind} is no kind that has a history`);
  const record = new Recording(columns[kind as RecordedKind].length);
  for (const ring of [record.fine, record.coarse]) {
    const newest = reader.f64();
    const bits = reader.u16();
    const chunkBytes = 120 * record.width * 2;
    const chunks = ring
      .state()
      .chunks.map((_, i) =>
        bits & (1 << i) ? new Uint16Array(new Uint8Array(reader.take(chunkBytes)).buffer) : undefined,
      );
    if (!Number.isInteger(newest)) throw new Error("a time is none");
    ring.restore(newest, chunks);
  }
  return [key, record];
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  take(length: number): Uint8Array {
    const from = this.#at;
    if (from + length > this.#bytes.length) throw new Error("it ends too early");
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  #advance(length: number): number {
    const from = this.#at;
    this.take(length);
    return from;
  }
}

function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** http://www.isthe.com/chongo/tech/comp/fnv/, 32 bits. */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
