import { RpcError } from "./errors.ts";

const LAST = 0x8000_0000;
/** More than any answer that we ask for. */
const MOST_BYTES = 4 * 1024 ** 2;

/** Puts records together from what comes of a stream: fragments, each behind its length, the last one marked (RFC 5531, 11). */
export class RecordReader {
  #coming = Buffer.alloc(0);
  #fragments: Buffer[] = [];
  #bytes = 0;

  /** The records that are complete with this. */
  take(chunk: Uint8Array): Buffer[] {
    this.#coming = Buffer.concat([this.#coming, chunk]);
    const records: Buffer[] = [];
    while (this.#coming.length >= 4) {
      const header = this.#coming.readUInt32BE(0);
      const length = header & ~LAST;
      this.#assertFits(length);
      if (this.#coming.length < 4 + length) break;
      this.#fragments.push(this.#coming.subarray(4, 4 + length));
      this.#bytes += length;
      this.#coming = this.#coming.subarray(4 + length);
      if ((header & LAST) === 0) continue;
      records.push(Buffer.concat(this.#fragments));
      this.#fragments = [];
      this.#bytes = 0;
    }
    return records;
  }

  #assertFits(length: number): void {
    if (this.#bytes + length > MOST_BYTES)
      throw new RpcError(`an answer of more than ${MOST_BYTES} bytes is none of ours`, "EPROTO");
  }
}

/** One record of one fragment. */
export function asRecord(message: Uint8Array): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE((message.length | LAST) >>> 0);
  return Buffer.concat([header, message]);
}
