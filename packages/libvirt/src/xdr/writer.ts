import { XdrError } from "./error.ts";

const UTF8 = new TextEncoder();

/** Appends XDR items (RFC 4506: big-endian, each item padded to four bytes) to a growing buffer. */
export class XdrWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(initialBytes = 256) {
    this.#bytes = new Uint8Array(initialBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  int(value: number): void {
    if (!Number.isInteger(value) || value < -0x8000_0000 || value > 0x7fff_ffff) {
      throw new XdrError(`${value} is not a 32-bit signed integer`);
    }
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
  }

  uint(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
      throw new XdrError(`${value} is not a 32-bit unsigned integer`);
    }
    const at = this.#grow(4);
    this.#view.setUint32(at, value);
  }

  hyper(value: number | bigint): void {
    const big = toBigInt(value);
    if (BigInt.asIntN(64, big) !== big) throw new XdrError(`${value} is not a 64-bit signed integer`);
    const at = this.#grow(8);
    this.#view.setBigInt64(at, big);
  }

  uhyper(value: number | bigint): void {
    const big = toBigInt(value);
    if (BigInt.asUintN(64, big) !== big) throw new XdrError(`${value} is not a 64-bit unsigned integer`);
    const at = this.#grow(8);
    this.#view.setBigUint64(at, big);
  }

  double(value: number): void {
    const at = this.#grow(8);
    this.#view.setFloat64(at, value);
  }

  string(value: string, maxBytes: number): void {
    // The server reads C strings: a NUL would silently cut the rest off (of a path, of XML).
    if (value.includes("\0")) throw new XdrError("a string with a NUL character cannot be sent");
    this.opaque(UTF8.encode(value), maxBytes);
  }

  /** Variable-length bytes: their count, then the bytes. */
  opaque(value: Uint8Array, maxBytes: number): void {
    if (value.length > maxBytes) throw new XdrError(`${value.length} bytes, the limit is ${maxBytes}`);
    this.uint(value.length);
    this.raw(value);
  }

  /** Bytes without a count, padded to four. */
  raw(value: Uint8Array): void {
    const at = this.#grow((value.length + 3) & ~3);
    this.#bytes.set(value, at);
  }

  /** Bytes as they are: stream data, which is not XDR. */
  unpadded(value: Uint8Array): void {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
  }

  /** Overwrites four bytes that were written before. */
  patchUint(offset: number, value: number): void {
    this.#view.setUint32(offset, value);
  }

  /** What was written; shares memory with the writer. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(by: number): number {
    const start = this.#length;
    this.#length += by;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return start;
  }
}

function toBigInt(value: number | bigint): bigint {
  if (typeof value === "bigint") return value;
  if (!Number.isSafeInteger(value)) throw new XdrError(`${value} is not exact: pass a bigint`);
  return BigInt(value);
}
