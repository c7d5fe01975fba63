import { problem, Reason } from "@limiquantix/api";
import type { ImageDownload, ImageLibrary, ImageUpload, StoredImage } from "@limiquantix/node";
import { createReadStream } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { renameDurably, syncDirectory, writeFileAtomically } from "../../files/atomic-file.ts";
import { ifExists } from "../../files/errno.ts";
import { KeyedQueue } from "../../files/keyed-queue.ts";
import { isFull, poolFailure } from "../pool-failure.ts";
import { checkedId, idOfFile, type PoolPaths } from "../pool-paths.ts";
import { fileSource } from "./byte-source.ts";
import type { Downloader } from "./download.ts";
import type { ImageUsers } from "./image-users.ts";
import { inspectImage } from "./inspect-image.ts";
import { deletePartial, PartialFile, type PartialRecord, readPartial } from "./partial-file.ts";
import { fromRecord, imageExtensions, imageFile, type ImageRecord, toRecord } from "./stored-image.ts";

const CHUNK_BYTES = 256 * 1024;

/**
 * The images of a file pool.
 *
 *     (nothing) ──write──▶ partial/<id> ──complete, checked, inspected──▶ images/<id>.json ──rename──▶ images/<id>.qcow2
 *                             │  ▲
 *                broken off ──┘  └── write from offset
 *
 * The rename is what makes it an image. A sidecar without a file is a crash just before it: the next write ends it.
 */
export class FileImages implements ImageLibrary {
  readonly #pool: string;
  readonly #paths: PoolPaths;
  readonly #users: ImageUsers;
  readonly #download: Downloader;
  readonly #queue = new KeyedQueue();

  constructor(parts: { pool: string; paths: PoolPaths; users: ImageUsers; download: Downloader }) {
    this.#pool = parts.pool;
    this.#paths = parts.paths;
    this.#users = parts.users;
    this.#download = parts.download;
  }

  async find(imageId: string): Promise<StoredImage | undefined> {
    checkedId(imageId, "image_id");
    const text = await this.#typed(ifExists(readFile(this.#sidecar(imageId), "utf8")), 0);
    if (text === undefined) return undefined;
    const image = fromRecord(this.#paths.images, imageId, JSON.parse(text) as ImageRecord);
    return (await ifExists(stat(image.path))) ? image : undefined;
  }

  async list(): Promise<StoredImage[]> {
    const names = await this.#typed(readdir(this.#paths.images), 0);
    const ids = names.flatMap((name) => idOfFile(name, ".json") ?? []).toSorted();
    const images = await Promise.all(ids.map((id) => this.find(id)));
    return images.filter((image) => image !== undefined);
  }

  async offset(imageId: string): Promise<number> {
    checkedId(imageId, "image_id");
    return (await this.#typed(readPartial(this.#paths.partial, imageId), 0)).offset;
  }

  async write(upload: ImageUpload): Promise<StoredImage> {
    const { imageId, offset, sizeBytes, chunks } = upload;
    checkedId(imageId, "image_id");
    return this.#queue.run(imageId, async () => {
      const there = await this.find(imageId);
      if (there) return there;
      const known = await readPartial(this.#paths.partial, imageId);
      // From the beginning is always right; anything else only where the last one ended.
      if (offset !== 0 && offset !== known.offset)
        throw problem(Reason.IMAGE_UPLOAD_INCOMPLETE, {
          image: imageId,
          offset: String(known.offset),
          given: String(offset),
        });
      return this.#receive(upload, { offset }, async (file) => {
        for await (const chunk of chunks) {
          await file.write(chunk);
          if (sizeBytes > 0 && file.bytes > sizeBytes) return;
        }
        if (file.bytes < sizeBytes)
          throw problem(Reason.IMAGE_UPLOAD_INCOMPLETE, {
            image: imageId,
            offset: String(file.bytes),
            given: String(sizeBytes),
          });
      });
    });
  }

  async download(request: ImageDownload): Promise<StoredImage> {
    const { imageId, url } = request;
    checkedId(imageId, "image_id");
    return this.#queue.run(imageId, async () => {
      const there = await this.find(imageId);
      if (there) return there;
      return this.#download(request, {
        partial: async () => {
          const known = await readPartial(this.#paths.partial, imageId);
          return known.url === url && known.validator ? known : { offset: 0 };
        },
        receive: (start, fill) =>
          this.#receive({ ...request, sizeBytes: start.sizeBytes }, { ...start.record, url }, fill),
      });
    });
  }

  async *read(imageId: string, offset: number): AsyncGenerator<Uint8Array> {
    const image = await this.find(imageId);
    if (!image) throw problem(Reason.NOT_FOUND, { kind: "image", id: imageId });
    yield* createReadStream(image.path, { start: offset, highWaterMark: CHUNK_BYTES }) as AsyncIterable<Uint8Array>;
  }

  async delete(imageId: string): Promise<void> {
    checkedId(imageId, "image_id");
    await this.#queue.run(imageId, async () => {
      await this.#users.whileUnused(imageId, async () => {
        // The file first: without it the sidecar is no image any more.
        for (const extension of imageExtensions)
          await rm(join(this.#paths.images, imageId + extension), { force: true });
        await rm(this.#sidecar(imageId), { force: true });
        await deletePartial(this.#paths.partial, imageId);
        await syncDirectory(this.#paths.images);
      });
    });
  }

  #sidecar(imageId: string): string {
    return join(this.#paths.images, `${imageId}.json`);
  }

  /** Lets `fill` write the file, then makes it an image. What broke off stays; what is bad, or does not fit, goes. */
  async #receive(
    wanted: { imageId: string; sizeBytes: number; sha256: string; sha512: string },
    record: PartialRecord,
    fill: (file: PartialFile) => Promise<void>,
  ): Promise<StoredImage> {
    const { imageId, sizeBytes } = wanted;
    let isBad = false;
    try {
      await using file = await PartialFile.open(this.#paths.partial, imageId, record);
      try {
        await fill(file);
      } finally {
        await file.checkpoint();
      }
      try {
        return await this.#complete(file, wanted);
      } catch (error) {
        isBad = true;
        throw error;
      }
    } catch (error) {
      // Before the free space is measured: what came takes it up.
      if (isBad || isFull(error)) await deletePartial(this.#paths.partial, imageId);
      throw await poolFailure(error, { pool: this.#pool, root: this.#paths.root, neededBytes: sizeBytes });
    }
  }

  async #complete(
    file: PartialFile,
    { imageId, sizeBytes, ...expected }: { imageId: string; sizeBytes: number; sha256: string; sha512: string },
  ): Promise<StoredImage> {
    if (sizeBytes > 0 && file.bytes > sizeBytes)
      throw problem(Reason.IMAGE_TRUNCATED, { why: `more than the ${sizeBytes} bytes came that were announced` });
    const actual = file.digests();
    for (const kind of ["sha256", "sha512"] as const) {
      const wanted = expected[kind].toLowerCase();
      if (wanted && wanted !== actual[kind])
        throw problem(Reason.IMAGE_CHECKSUM_MISMATCH, { actual: actual[kind], expected: wanted });
    }
    const { format, virtualSizeBytes } = await inspectImage(await fileSource(file.handle));
    const path = imageFile(this.#paths.images, imageId, format);
    const image = { imageId, path, format, sizeBytes: file.bytes, virtualSizeBytes, sha256: actual.sha256 };
    await writeFileAtomically(this.#sidecar(imageId), JSON.stringify(toRecord(image)));
    await renameDurably(file.path, path);
    await deletePartial(this.#paths.partial, imageId);
    return image;
  }

  async #typed<T>(work: Promise<T>, neededBytes: number): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw await poolFailure(error, { pool: this.#pool, root: this.#paths.root, neededBytes });
    }
  }
}
