import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { deserialize, serialize } from "node:v8";

/** Both directions of a stream of bytes. */
export interface ByteLink {
  input: Readable;
  output: Writable;
}

const LENGTH_BYTES = 4;
/** More than any message of ours has; what says more is no message. */
const LIMIT_BYTES = 64 * 1024 ** 2;

/**
 * Messages over a stream of bytes: four bytes of length, big-endian, and a value as structured clone has it. Both ends are
 * the same program.
 */
export class MessageStream<In, Out> {
  readonly #link: ByteLink;
  #isOpen = true;

  constructor(link: ByteLink) {
    this.#link = link;
    link.output.on("error", () => this.close());
    link.output.on("close", () => (this.#isOpen = false));
  }

  /** What is sent to one who has gone is lost; who waits for an answer learns it from `messages`. */
  send(message: Out): void {
    if (!this.#isOpen) return;
    const body = serialize(message);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(body.length);
    this.#link.output.write(length);
    this.#link.output.write(body);
  }

  /** Ends with the stream. */
  async *messages(): AsyncIterable<In> {
    let kept: Buffer = Buffer.alloc(0);
    for await (const part of this.#link.input as AsyncIterable<Buffer>) {
      kept = kept.length === 0 ? part : Buffer.concat([kept, part]);
      for (;;) {
        if (kept.length < LENGTH_BYTES) break;
        const length = kept.readUInt32BE();
        if (length > LIMIT_BYTES) throw new Error(`a message of ${length} bytes`);
        if (kept.length < LENGTH_BYTES + length) break;
        const body = kept.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
        kept = kept.subarray(LENGTH_BYTES + length);
        yield deserialize(body) as In;
      }
    }
  }

  /** Until all that was sent is on its way. */
  async flushed(): Promise<void> {
    const { output } = this.#link;
    while (this.#isOpen && output.writableNeedDrain) await Promise.race([once(output, "drain"), once(output, "close")]);
  }

  close(): void {
    this.#isOpen = false;
    this.#link.output.destroy();
    this.#link.input.destroy();
  }
}
