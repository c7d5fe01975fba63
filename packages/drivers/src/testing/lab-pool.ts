import { newId, silentLog, systemClock } from "@limiquantix/kit";
import type { StoredImage } from "@limiquantix/node";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { FilePool } from "../file-pool/file-pool.ts";
import { tinyGuestImage } from "./lab.ts";

export async function labPool(): Promise<FilePool> {
  const root = `/var/lib/limiquantix/pools/${newId()}`;
  return FilePool.open({ pool: "local", root, clock: systemClock, log: silentLog });
}

/** Puts the tiny guest of apps/image-builder into the pool. */
export async function tinyImage(pool: FilePool): Promise<StoredImage> {
  const path = await tinyGuestImage();
  const { size } = await stat(path);
  return pool.images.write({
    imageId: newId(),
    offset: 0,
    sizeBytes: size,
    sha256: "",
    sha512: "",
    chunks: createReadStream(path),
  });
}
