import { createHash, type Hash } from "node:crypto";
import { open, readFile, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../files/atomic-file.ts";
import { ifExists } from "../../files/errno.ts";
import { SparseWriter } from "../../files/sparse-writer.ts";

/** How much may have to be sent again after a power cut. */
const CHECKPOINT_BYTES = 256 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

/** What is known of an unfinished file: everything below `offset` is on disk. */
export interface PartialRecord {
  offset: number;
  /** Of a download: where it comes from, and the server's mark of that version (RFC 9110, 13.1.5). */
  url?: string;
  validator?: string;
  /** Set when all has come, and is to be converted. */
  received?: { format: string; sha256: string };
}

/** Where a conversion writes. */
export function convertedFile(directory: string, imageId: string): string {
  return join(directory, `${imageId}.qcow2`);
}

export async function readPartial(directory: string, imageId: string): Promise<PartialRecord> {
  const text = await ifExists(readFile(join(directory, `${imageId}.json`), "utf8"));
  return text === undefined ? { offset: 0 } : (JSON.parse(text) as PartialRecord);
}

export async function deletePartial(directory: string, imageId: string): Promise<void> {
  await rm(convertedFile(directory, imageId), { force: true });
  await rm(join(directory, `${imageId}.json`), { force: true });
  await rm(join(directory, imageId), { force: true });
}

/** A file that grows by what arrives, sparse, hashed on the way, and safe up to its last checkpoint. */
export class PartialFile implements AsyncDisposable {
  readonly path: string;
  readonly #recordPath: string;
  readonly #handle: FileHandle;
  readonly #writer: SparseWriter;
  readonly #sha256: Hash;
  readonly #sha512: Hash;
  readonly #origin: Omit<PartialRecord, "offset">;
  #safe: number;

  private constructor(
    paths: { path: string; recordPath: string },
    handle: FileHandle,
    state: { record: PartialRecord; sha256: Hash; sha512: Hash },
  ) {
    this.path = paths.path;
    this.#recordPath = paths.recordPath;
    this.#handle = handle;
    const { offset, ...origin } = state.record;
    this.#origin = origin;
    this.#writer = new SparseWriter(handle, offset);
    this.#sha256 = state.sha256;
    this.#sha512 = state.sha512;
    this.#safe = offset;
  }

  /** Opens the file to go on at `record.offset`; what lies behind it is cut off. */
  static async open(directory: string, imageId: string, record: PartialRecord): Promise<PartialFile> {
    const path = join(directory, imageId);
    const handle = await open(path, record.offset === 0 ? "w+" : "r+", 0o600);
    try {
      await handle.truncate(record.offset);
      const [sha256, sha512] = [createHash("sha256"), createHash("sha512")];
      for await (const chunk of beginning(handle, record.offset)) {
        sha256.update(chunk);
        sha512.update(chunk);
      }
      const recordPath = join(directory, `${imageId}.json`);
      await writeFileAtomically(recordPath, JSON.stringify(record));
      return new PartialFile({ path, recordPath }, handle, { record, sha256, sha512 });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Bytes that came, in all. */
  get bytes(): number {
    return this.#writer.position;
  }

  get handle(): FileHandle {
    return this.#handle;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#sha256.update(chunk);
    this.#sha512.update(chunk);
    await this.#writer.write(chunk);
    if (this.bytes - this.#safe >= CHECKPOINT_BYTES) await this.checkpoint();
  }

  /** Everything that came is on disk, and known to be. */
  async checkpoint(): Promise<void> {
    await this.#writer.sync();
    this.#safe = this.bytes;
    await writeFileAtomically(this.#recordPath, JSON.stringify({ ...this.#origin, offset: this.#safe }));
  }

  /** All that came is on disk, and will be converted, by this process or the next. */
  async keepReceived(received: NonNullable<PartialRecord["received"]>): Promise<void> {
    await this.checkpoint();
    await writeFileAtomically(this.#recordPath, JSON.stringify({ ...this.#origin, offset: this.#safe, received }));
  }

  /** Hexadecimal, of all that came. */
  digests(): { sha256: string; sha512: string } {
    return { sha256: this.#sha256.copy().digest("hex"), sha512: this.#sha512.copy().digest("hex") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

async function* beginning(handle: FileHandle, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < length;) {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, length - at));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) throw new Error(`the unfinished file has fewer than the ${length} bytes noted for it`);
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
