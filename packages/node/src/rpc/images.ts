import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { ImageSpec_Format, invalid, problem, Reason } from "@limiquantix/api";
import {
  DeleteImageResponseSchema,
  GetImageOffsetResponseSchema,
  ImageInfoSchema,
  ImageProgressSchema,
  ListImagesResponseSchema,
  ReadImageResponseSchema,
  type ConvertImageRequest,
  type DeleteImageRequest,
  type DownloadImageRequest,
  type GetImageOffsetRequest,
  type ImageInfo,
  type ImageProgress,
  type ListImagesRequest,
  type ReadImageRequest,
  type ReadImageResponse,
  type UploadImageRequest,
} from "@limiquantix/api/daemon";
import { Channel } from "@limiquantix/kit";
import type { NodeParts } from "../node-parts.ts";
import type { ImageLibrary, StoredImage } from "../ports/volume-backend.ts";

/** Progress is told this often at most. */
const PROGRESS_EVERY_MS = 250;

export function downloadImage(parts: NodeParts) {
  return async function* (request: DownloadImageRequest, context: HandlerContext): AsyncIterable<ImageProgress> {
    const { imageId, pool, url, sha256, sha512 } = request;
    const library = libraryOf(parts, pool);
    yield* followed(parts, { context, pool }, (signal, onProgress) =>
      library.download({ imageId, url, sha256, sha512, signal, onProgress }),
    );
  };
}

export function convertImage(parts: NodeParts) {
  return async function* ({ imageId, pool }: ConvertImageRequest, context: HandlerContext) {
    const library = libraryOf(parts, pool);
    yield* followed(parts, { context, pool }, (signal, onProgress) =>
      library.convert(imageId, { signal, onProgress: (percent) => onProgress(Math.floor(percent), 100) }),
    );
  };
}

/** Tells how far the work is, at last with what it made; it ends with the caller. */
async function* followed(
  parts: NodeParts,
  { context, pool }: { context: HandlerContext; pool: string },
  begin: (signal: AbortSignal, onProgress: (bytes: number, totalBytes: number) => void) => Promise<StoredImage>,
): AsyncIterable<ImageProgress> {
  const signal = AbortSignal.any([context.signal, parts.signal]);
  const progress = new Channel<{ bytes: bigint; totalBytes: bigint }>({ signal });
  let toldAt = -Infinity;
  const work = begin(signal, (bytes, totalBytes) => {
    if (parts.clock.now() - toldAt < PROGRESS_EVERY_MS) return;
    toldAt = parts.clock.now();
    progress.push({ bytes: BigInt(bytes), totalBytes: BigInt(totalBytes) });
  });
  work.then(
    () => progress.end(),
    () => progress.end(),
  );
  for await (const { bytes, totalBytes } of progress) yield create(ImageProgressSchema, { bytes, totalBytes });
  const done = infoOf(await work, pool);
  yield create(ImageProgressSchema, { bytes: done.sizeBytes, totalBytes: done.sizeBytes, done });
}

export function uploadImage(parts: NodeParts) {
  return async (requests: AsyncIterable<UploadImageRequest>): Promise<ImageInfo> => {
    const input = requests[Symbol.asyncIterator]();
    const first = await input.next();
    if (first.done || first.value.part.case !== "header") {
      throw invalid([{ field: "header", message: "the first message is the header" }]);
    }
    const { imageId, pool, offset, sizeBytes, sha256, sha512 } = first.value.part.value;
    const stored = await libraryOf(parts, pool).write({
      imageId,
      offset: Number(offset),
      sizeBytes: Number(sizeBytes),
      sha256,
      sha512,
      chunks: chunksOf(input),
    });
    return infoOf(stored, pool);
  };
}

export function getImageOffset(parts: NodeParts) {
  return async ({ imageId, pool }: GetImageOffsetRequest) => {
    const library = libraryOf(parts, pool);
    const stored = await library.find(imageId);
    return create(GetImageOffsetResponseSchema, {
      offset: BigInt(stored ? stored.sizeBytes : await library.offset(imageId)),
      complete: stored && infoOf(stored, pool),
    });
  };
}

export function readImage(parts: NodeParts) {
  return async function* ({ imageId, pool, offset }: ReadImageRequest): AsyncIterable<ReadImageResponse> {
    const library = libraryOf(parts, pool);
    const stored = await library.find(imageId);
    if (!stored) throw problem(Reason.NOT_FOUND, { kind: "image", id: imageId });
    const sizeBytes = BigInt(stored.sizeBytes);
    for await (const chunk of library.read(imageId, Number(offset))) {
      yield create(ReadImageResponseSchema, { chunk, sizeBytes });
    }
  };
}

export function deleteImage(parts: NodeParts) {
  return async ({ imageId, pool }: DeleteImageRequest) => {
    await libraryOf(parts, pool).delete(imageId);
    return create(DeleteImageResponseSchema);
  };
}

export function listImages(parts: NodeParts) {
  return async ({ pool }: ListImagesRequest) => {
    const names = pool ? [pool] : parts.pools.open.filter((backend) => backend.images).map((backend) => backend.pool);
    const images = await Promise.all(
      names.map(async (name) => (await libraryOf(parts, name).list()).map((stored) => infoOf(stored, name))),
    );
    return create(ListImagesResponseSchema, { images: images.flat() });
  };
}

async function* chunksOf(input: AsyncIterator<UploadImageRequest>): AsyncIterable<Uint8Array> {
  for (let next = await input.next(); !next.done; next = await input.next()) {
    if (next.value.part.case === "chunk") yield next.value.part.value;
  }
}

function libraryOf({ pools }: NodeParts, pool: string): ImageLibrary {
  const { images, capabilities } = pools.get(pool);
  if (images) return images;
  const why = capabilities.unsupported["images"] ?? "its images are kept in the host's own pool";
  throw problem(Reason.UNSUPPORTED, { what: `an image in pool ${pool}`, why });
}

function infoOf(stored: StoredImage, pool: string): ImageInfo {
  const { imageId, format, sha256, originalFormat = ImageSpec_Format.UNKNOWN, content } = stored;
  const sizeBytes = BigInt(stored.sizeBytes);
  return create(ImageInfoSchema, {
    imageId,
    pool,
    format,
    sha256,
    sizeBytes,
    virtualSizeBytes: BigInt(stored.virtualSizeBytes),
    originalFormat,
    ...(content ? { content } : {}),
  });
}
