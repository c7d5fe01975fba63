import { sha256 as sha256Of, sha512 as sha512Of } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { create } from "@bufbuild/protobuf";
import { ImageRequirements_Firmware, ImageContentSchema, ImageSpec_Format, problem, Reason } from "@limiquantix/api";
import { MIB } from "@limiquantix/kit";
import type { ImageConversion, ImageDownload, ImageLibrary, ImageUpload, StoredImage } from "@limiquantix/node";
import type { DriverSession } from "./driver-session.ts";
import { inspectImage } from "./inspect-image.ts";
import type { SimHost } from "./sim-host.ts";

/** Gets a file from the internet, or from what a test says is there. */
export type Fetch = (
  url: string,
  signal: AbortSignal,
) => Promise<{ totalBytes: number; chunks: AsyncIterable<Uint8Array> }>;

/** A file in a simulated pool. */
export interface SimImage extends StoredImage {
  bytes: Uint8Array | undefined;
}

/** What every simulated OVA has in its envelope. */
const whatOvasTell = {
  osName: "debian12_64Guest",
  hardware: { minMemoryMib: 2048n, cpuCores: 2, firmware: ImageRequirements_Firmware.UEFI },
};

/** Contents beyond this are measured and forgotten: a simulated disk never reads them. */
const KEPT_BYTES = 64 * MIB;
const HEAD_BYTES = 64 * 1024;
const CHUNK_BYTES = 256 * 1024;

export class SimImages implements ImageLibrary {
  readonly #session: DriverSession;
  readonly #host: SimHost;
  readonly #pool: string;
  readonly #fetch: Fetch | undefined;

  constructor(session: DriverSession, options: { pool: string; fetch: Fetch | undefined }) {
    this.#session = session;
    this.#host = session.host;
    this.#pool = options.pool;
    this.#fetch = options.fetch;
  }

  find(imageId: string): Promise<StoredImage | undefined> {
    return this.#session.step("image.find", () => {
      const image = this.#host.images.get(imageId);
      return image && stored(image);
    });
  }

  list(): Promise<StoredImage[]> {
    return this.#session.step("image.list", () => [...this.#host.images.values()].map(stored));
  }

  offset(imageId: string): Promise<number> {
    return this.#session.step("image.offset", () => this.#host.uploads.get(imageId)?.length ?? 0);
  }

  write(upload: ImageUpload): Promise<StoredImage> {
    return this.#session.step("image.write", async () => {
      const { imageId, offset, sizeBytes } = upload;
      const there = this.#host.images.get(imageId);
      if (there) return stored(there);
      const waiting = this.#host.received.get(imageId);
      if (waiting) return stored(waiting);
      const before = this.#host.uploads.get(imageId) ?? new Uint8Array();
      if (offset !== before.length) {
        const params = { image: imageId, offset: String(before.length), given: String(offset) };
        throw problem(Reason.IMAGE_UPLOAD_INCOMPLETE, params);
      }
      const file = new MeasuredFile(before);
      try {
        for await (const chunk of upload.chunks) {
          if (this.#host.faults.diskFull) {
            throw problem(Reason.POOL_FULL, { pool: this.#pool, needed: `${chunk.length} B`, available: "0 B" });
          }
          file.add(chunk);
        }
      } catch (cause) {
        const kept = file.content();
        if (kept) this.#host.uploads.set(imageId, kept);
        throw cause;
      }
      const kept = file.content();
      if (sizeBytes > 0 && file.sizeBytes < sizeBytes) {
        if (kept) this.#host.uploads.set(imageId, kept);
        const params = { image: imageId, offset: String(file.sizeBytes), given: String(sizeBytes) };
        throw problem(Reason.IMAGE_UPLOAD_INCOMPLETE, params);
      }
      this.#host.uploads.delete(imageId);
      return this.#accept(imageId, file, upload);
    });
  }

  async download(request: ImageDownload): Promise<StoredImage> {
    const there = await this.find(request.imageId);
    if (there) return there;
    return this.#session.step("image.download", async () => {
      const waiting = this.#host.received.get(request.imageId);
      if (waiting) return stored(waiting);
      const { imageId, url, signal, onProgress } = request;
      const file = new MeasuredFile(new Uint8Array());
      try {
        if (!this.#fetch) throw new Error("this simulated host has no internet");
        const { totalBytes, chunks } = await this.#fetch(url, signal);
        for await (const chunk of chunks) {
          signal.throwIfAborted();
          file.add(chunk);
          onProgress(file.sizeBytes, totalBytes);
        }
      } catch (cause) {
        if (signal.aborted) throw cause;
        const why = cause instanceof Error ? cause.message : String(cause);
        throw problem(Reason.IMAGE_DOWNLOAD_FAILED, { url, cause: why }, { cause });
      }
      return this.#accept(imageId, file, request);
    });
  }

  /** As a real host converts, in steps that take a while; what is in the file is not looked at any more. */
  async convert(imageId: string, { signal, onProgress }: ImageConversion): Promise<StoredImage> {
    const there = await this.find(imageId);
    if (there) return there;
    for (let percent = 0; percent < 100; percent += 25) {
      signal.throwIfAborted();
      await this.#session.step("image.convert", () => onProgress(percent));
    }
    signal.throwIfAborted();
    const received = this.#host.received.get(imageId);
    if (!received) throw problem(Reason.NOT_FOUND, { kind: "image", id: imageId });
    const isOva = received.format === ImageSpec_Format.OVA;
    const image: SimImage = {
      ...received,
      format: ImageSpec_Format.QCOW2,
      originalFormat: received.format,
      virtualSizeBytes: received.sizeBytes,
      ...(isOva ? { content: create(ImageContentSchema, whatOvasTell) } : {}),
    };
    this.#host.images.set(imageId, image);
    this.#host.received.delete(imageId);
    return stored(image);
  }

  async *read(imageId: string, offset: number): AsyncIterable<Uint8Array> {
    const image = await this.#session.step("image.read", () => this.#host.images.get(imageId));
    if (!image) throw problem(Reason.NOT_FOUND, { kind: "image", id: imageId });
    if (!image.bytes) {
      throw problem(Reason.UNSUPPORTED, {
        what: "reading a large image",
        why: "a simulated host keeps no contents beyond 64 MiB",
      });
    }
    for (let at = offset; at < image.bytes.length; at += CHUNK_BYTES) {
      yield image.bytes.subarray(at, at + CHUNK_BYTES);
    }
  }

  delete(imageId: string): Promise<void> {
    return this.#session.step("image.delete", () => {
      const count = [...this.#host.volumes.values()].filter((volume) => volume.imageId === imageId).length;
      if (count > 0) throw problem(Reason.IMAGE_IN_USE, { image: imageId, count: String(count), vms: "" });
      this.#host.images.delete(imageId);
      this.#host.uploads.delete(imageId);
      this.#host.received.delete(imageId);
    });
  }

  #accept(imageId: string, file: MeasuredFile, expected: { sha256: string; sha512: string }): StoredImage {
    const { sha256, sha512 } = file.checksums();
    for (const [actual, wanted] of [
      [sha256, expected.sha256],
      [sha512, expected.sha512],
    ] as const) {
      if (wanted && wanted.toLowerCase() !== actual) {
        throw problem(Reason.IMAGE_CHECKSUM_MISMATCH, { actual, expected: wanted });
      }
    }
    const inspected = inspectImage(file.head(), file.sizeBytes);
    const path = `/sim/${this.#host.name}/${this.#pool}/images/${imageId}`;
    const image = { imageId, path, ...inspected, sizeBytes: file.sizeBytes, sha256, bytes: file.content() };
    const isImage = [ImageSpec_Format.QCOW2, ImageSpec_Format.RAW, ImageSpec_Format.ISO].includes(inspected.format);
    (isImage ? this.#host.images : this.#host.received).set(imageId, image);
    return stored(image);
  }
}

/** A file as it comes: measured whole, kept as far as it is small. */
class MeasuredFile {
  readonly #sha256 = sha256Of.create();
  readonly #sha512 = sha512Of.create();
  readonly #chunks: Uint8Array[] = [];
  sizeBytes = 0;

  constructor(before: Uint8Array) {
    if (before.length > 0) this.add(before);
  }

  add(chunk: Uint8Array): void {
    this.#sha256.update(chunk);
    this.#sha512.update(chunk);
    this.sizeBytes += chunk.length;
    if (this.sizeBytes <= KEPT_BYTES) this.#chunks.push(chunk.slice());
    else if (this.#chunks.length > 1) this.#chunks.splice(0, this.#chunks.length, this.head());
  }

  head(): Uint8Array {
    return joined(this.#chunks).subarray(0, HEAD_BYTES);
  }

  content(): Uint8Array | undefined {
    return this.sizeBytes <= KEPT_BYTES ? joined(this.#chunks) : undefined;
  }

  checksums(): { sha256: string; sha512: string } {
    return { sha256: bytesToHex(this.#sha256.digest()), sha512: bytesToHex(this.#sha512.digest()) };
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function stored(image: SimImage): StoredImage {
  const { bytes: _bytes, ...rest } = image;
  return rest;
}
