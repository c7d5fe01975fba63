import { XdrError } from "./error.ts";

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads XDR items (RFC 4506) from a buffer; never beyond its end. */
export class XdrReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  int(): number {
    return this.#view.getInt32(this.#take(4));
  }

  uint(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /** A number where that is exact (±2^53−1), else a bigint. */
  hyper(): number | bigint {
    return exact(this.#view.getBigInt64(this.#take(8)));
  }

  /** A number where that is exact (up to 2^53−1), else a bigint. */
  uhyper(): number | bigint {
    return exact(this.#view.getBigUint64(this.#take(8)));
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  string(maxBytes: number): string {
    return UTF8.decode(this.#counted(maxBytes));
  }

  /** A copy (Buffer's `slice` would be none), so that a small field does not keep a large message alive. */
  opaque(maxBytes: number): Uint8Array {
    return new Uint8Array(this.#counted(maxBytes));
  }

  raw(length: number): Uint8Array {
    return new Uint8Array(this.#padded(length));
  }

  /** The count of a list whose items take at least `itemBytes` each, so that a lying count cannot allocate memory. */
  count(max: number, itemBytes = 4): number {
    const count = this.uint();
    if (count > max) throw new XdrError(`a list of ${count} items, the limit is ${max}`);
    if (count * itemBytes > this.remaining) throw new XdrError(`a list of ${count} items in ${this.remaining} bytes`);
    return count;
  }

  #counted(maxBytes: number): Uint8Array {
    const length = this.uint();
    if (length > maxBytes) throw new XdrError(`${length} bytes, the limit is ${maxBytes}`);
    return this.#padded(length);
  }

  #padded(length: number): Uint8Array {
    const start = this.#take((length + 3) & ~3);
    return this.#bytes.subarray(start, start + length);
  }

  #take(length: number): number {
    if (length > this.remaining) {
      throw new XdrError(`message ends ${length - this.remaining} bytes too early`);
    }
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}

function exact(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
