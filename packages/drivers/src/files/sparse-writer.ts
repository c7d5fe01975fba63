import type { FileHandle } from "node:fs/promises";

/** Zeros shorter than this are written out; it is ext4's and XFS's largest common block. */
const BLOCK_BYTES = 64 * 1024;
const BUFFER_BYTES = 16 * BLOCK_BYTES;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/** Writes a stream to a file from `position` on, leaving holes for blocks of zeros. */
export class SparseWriter {
  readonly #handle: FileHandle;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #filled = 0;
  #flushed: number;

  /** The file must have nothing after `position`. */
  constructor(handle: FileHandle, position: number) {
    this.#handle = handle;
    this.#flushed = position;
  }

  /** Bytes taken so far, with those before `position`. */
  get position(): number {
    return this.#flushed + this.#filled;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + BUFFER_BYTES - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === BUFFER_BYTES) await this.#flush();
    }
  }

  /** Everything is in the file, which ends at `position` even where it ends in zeros, and on the disk. */
  async sync(): Promise<void> {
    await this.#flush();
    const { size } = await this.#handle.stat();
    if (size !== this.#flushed) await this.#handle.truncate(this.#flushed);
    await this.#handle.datasync();
  }

  async #flush(): Promise<void> {
    const data = this.#buffer.subarray(0, this.#filled);
    let from = 0;
    for (let at = 0; at < data.length; at += BLOCK_BYTES) {
      const block = data.subarray(at, at + BLOCK_BYTES);
      if (!isZero(block)) continue;
      await this.#writeAll(data.subarray(from, at), this.#flushed + from);
      from = at + block.length;
    }
    await this.#writeAll(data.subarray(from), this.#flushed + from);
    this.#flushed += this.#filled;
    this.#filled = 0;
  }

  async #writeAll(data: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < data.length;) {
      const { bytesWritten } = await this.#handle.write(data, at, data.length - at, position + at);
      at += bytesWritten;
    }
  }
}

function isZero(block: Buffer): boolean {
  return block.equals(block.length === BLOCK_BYTES ? ZEROS : ZEROS.subarray(0, block.length));
}
