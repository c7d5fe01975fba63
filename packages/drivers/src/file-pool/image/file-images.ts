import { ImageSpec_Format, isProblem, problem, Reason } from "@limiquantix/api";
import type { ImageConversion, ImageDownload, ImageLibrary, ImageUpload, StoredImage } from "@limiquantix/node";
import { createReadStream } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { renameDurably, syncDirectory, writeFileAtomically } from "../../files/atomic-file.ts";
import { ifExists } from "../../files/errno.ts";
import { KeyedQueue } from "../../files/keyed-queue.ts";
import { isFull, measureSpace, poolFailure } from "../pool-failure.ts";
import { checkedId, idOfFile, type PoolPaths } from "../pool-paths.ts";
import { fileSource } from "./byte-source.ts";
import { planConversion } from "./conversion-plan.ts";
import { convertImage } from "./convert-image.ts";
import type { Downloader } from "./download.ts";
import type { ImageUsers } from "./image-users.ts";
import { inspectImage } from "./inspect-image.ts";
import { convertedFile, deletePartial, PartialFile, type PartialRecord, readPartial } from "./partial-file.ts";
import { formatOf, fromRecord, imageExtensions, imageFile, type ImageRecord, toRecord } from "./stored-image.ts";

const CHUNK_BYTES = 256 * 1024;

/**
 * The images of a file pool.
 *
 *     (nothing) ──write──▶ partial/<id> ──complete, checked, inspected──▶ images/<id>.json ──rename──▶ images/<id>.qcow2
 *                             │  ▲                      │
 *                broken off ──┘  └── write from offset  └─ of another format ─▶ received ──convert──▶ as above
 *
 * The rename is what makes it an image. A sidecar without a file is a crash just before it: the next write ends it.
 */
export class FileImages implements ImageLibrary {
  readonly #pool: string;
  readonly #paths: PoolPaths;
  readonly #users: ImageUsers;
  readonly #download: Downloader;
  readonly #queue = new KeyedQueue();
  /** Conversions that run, to be broken off when their image is deleted. */
  readonly #converting = new Map<string, AbortController>();

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
      if (known.received) return this.#received(imageId, known);
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
      const before = await readPartial(this.#paths.partial, imageId);
      if (before.received) return this.#received(imageId, before);
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

  async convert(imageId: string, { signal, onProgress }: ImageConversion): Promise<StoredImage> {
    checkedId(imageId, "image_id");
    return this.#queue.run(imageId, async () => {
      const there = await this.find(imageId);
      if (there) return there;
      const { received } = await readPartial(this.#paths.partial, imageId);
      if (!received) throw problem(Reason.NOT_FOUND, { kind: "image", id: imageId });
      const deleted = new AbortController();
      this.#converting.set(imageId, deleted);
      try {
        return await this.#convert(imageId, { signal: AbortSignal.any([signal, deleted.signal]), onProgress });
      } finally {
        this.#converting.delete(imageId);
      }
    });
  }

  async *read(imageId: string, offset: number): AsyncGenerator<Uint8Array> {
    const image = await this.find(imageId);
    if (!image) throw problem(Reason.NOT_FOUND, { kind: "image", id: imageId });
    yield* createReadStream(image.path, { start: offset, highWaterMark: CHUNK_BYTES }) as AsyncIterable<Uint8Array>;
  }

  async delete(imageId: string): Promise<void> {
    checkedId(imageId, "image_id");
    this.#converting.get(imageId)?.abort(problem(Reason.CANCELLED, { who: "the deletion of the image" }));
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
    const source = await fileSource(file.handle);
    const plan = await planConversion(source);
    if (plan) {
      const received = { format: ImageSpec_Format[plan.original], sha256: actual.sha256 };
      await file.keepReceived(received);
      return this.#received(imageId, { offset: file.bytes, received });
    }
    const inspected = await inspectImage(source);
    return this.#accept(file.path, { imageId, ...inspected, sizeBytes: file.bytes, sha256: actual.sha256 });
  }

  /** A file that waits for its conversion. */
  #received(imageId: string, { offset, received }: PartialRecord): StoredImage {
    const format = formatOf(received?.format ?? "");
    const path = join(this.#paths.partial, imageId);
    return { imageId, path, format, sizeBytes: offset, virtualSizeBytes: 0, sha256: received?.sha256 ?? "" };
  }

  async #convert(imageId: string, work: ImageConversion): Promise<StoredImage> {
    const target = convertedFile(this.#paths.partial, imageId);
    const space = await measureSpace(this.#pool, this.#paths.root);
    try {
      const path = join(this.#paths.partial, imageId);
      const { plan, ...made } = await convertImage({ path, target, space, ...work });
      const content = plan.content ?? made.content;
      return await this.#accept(target, {
        imageId,
        ...made,
        originalFormat: plan.original,
        ...(content ? { content } : {}),
      });
    } catch (error) {
      // Not when it was broken off: it is begun anew. Before the free space is measured, which it takes up.
      if (isContentFault(error) || isFull(error)) await deletePartial(this.#paths.partial, imageId);
      await rm(target, { force: true });
      throw await poolFailure(error, { pool: this.#pool, root: this.#paths.root, neededBytes: 0 });
    }
  }

  /** Makes a complete file, of which all is known, an image. */
  async #accept(file: string, found: Omit<StoredImage, "path">): Promise<StoredImage> {
    const path = imageFile(this.#paths.images, found.imageId, found.format);
    const image = { ...found, path };
    await writeFileAtomically(this.#sidecar(found.imageId), JSON.stringify(toRecord(image)));
    await renameDurably(file, path);
    await deletePartial(this.#paths.partial, found.imageId);
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

function isContentFault(error: unknown): boolean {
  return isProblem(error) && contentFaults.has(error.reason);
}

const contentFaults: ReadonlySet<Reason> = new Set([
  Reason.IMAGE_FORMAT_UNKNOWN,
  Reason.IMAGE_REFERS_TO_OTHER_FILES,
  Reason.IMAGE_TRUNCATED,
  Reason.IMAGE_CHECKSUM_MISMATCH,
]);
