import { ImageSpec_Format, Reason } from "@limiquantix/api";
import { newId, silentLog, systemClock } from "@limiquantix/kit";
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { qcow2Image, rawImage } from "../../testing/disk-images.ts";
import { temporaryDirectory } from "../../testing/temporary-directory.ts";
import { FilePool } from "../file-pool.ts";

async function openPool(root?: string) {
  const directory = root ?? (await temporaryDirectory());
  const volumes = await FilePool.open({ pool: "local", root: directory, clock: systemClock, log: silentLog });
  return { root: directory, images: volumes.images };
}

async function* pieces(content: Uint8Array, size = 10_000, failAt = Infinity): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) {
    if (at >= failAt) throw new Error("the line went dead");
    yield content.subarray(at, at + size);
  }
}

const upload = (imageId: string, content: Uint8Array, more: object = {}) => ({
  imageId,
  offset: 0,
  sizeBytes: content.length,
  sha256: "",
  sha512: "",
  chunks: pieces(content),
  ...more,
});
const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(chunks));
}

describe("FileImages", () => {
  it("receives an image, checks it and answers what it is", async () => {
    const { images, root } = await openPool();
    const [imageId, content] = [newId(), qcow2Image()];
    const sha512 = createHash("sha512").update(content).digest("hex").toUpperCase();
    const image = await images.write(upload(imageId, content, { sha256: sha256(content), sha512 }));
    expect(image).toEqual({
      imageId,
      path: join(root, "images", `${imageId}.qcow2`),
      format: ImageSpec_Format.QCOW2,
      sizeBytes: content.length,
      virtualSizeBytes: 1024 ** 3,
      sha256: sha256(content),
    });
    expect(await images.find(imageId)).toEqual(image);
    expect(await images.list()).toEqual([image]);
    expect(content.equals(await collect(images.read(imageId, 0)))).toBe(true);
    expect(await collect(images.read(imageId, 393_000))).toEqual(content.subarray(393_000));
    expect(await readdir(join(root, "partial"))).toEqual([]);
    expect((await stat(image.path)).mode & 0o777).toBe(0o600);
  });

  it("writes zeros as holes, also at the end", async () => {
    const { images } = await openPool();
    const [imageId, content] = [newId(), Buffer.concat([rawImage(), Buffer.alloc(32 * 1024 ** 2)])];
    const image = await images.write(upload(imageId, content, { chunks: pieces(content, 1_000_003) }));
    const { size, blocks } = await stat(image.path);
    expect(size).toBe(content.length);
    expect(blocks * 512).toBeLessThan(1024 ** 2);
    expect(content.equals(await collect(images.read(imageId, 0)))).toBe(true);
  });

  it("goes on where an upload broke off, in another process too", async () => {
    const { images, root } = await openPool();
    const [imageId, content] = [newId(), rawImage()];
    const broken = upload(imageId, content, { chunks: pieces(content, 10_000, 1_000_000) });
    await expect(images.write(broken)).rejects.toThrow("the line went dead");
    const again = (await openPool(root)).images;
    expect(await again.find(imageId)).toBeUndefined();
    expect(await again.offset(imageId)).toBe(1_000_000);
    const wrong = upload(imageId, content, { offset: 5 });
    await expect(again.write(wrong)).rejects.toMatchObject({
      reason: Reason.IMAGE_UPLOAD_INCOMPLETE,
      params: { offset: "1000000", given: "5" },
    });
    const rest = { offset: 1_000_000, chunks: pieces(content.subarray(1_000_000)), sha256: sha256(content) };
    const image = await again.write(upload(imageId, content, rest));
    expect(image.sha256).toBe(sha256(content));
    expect(content.equals(await collect(again.read(imageId, 0)))).toBe(true);
  });

  it("keeps what came when the sender ends early, and starts anew from 0", async () => {
    const { images } = await openPool();
    const [imageId, content] = [newId(), rawImage()];
    const short = upload(imageId, content, { chunks: pieces(content.subarray(0, 70_000)) });
    await expect(images.write(short)).rejects.toMatchObject({ reason: Reason.IMAGE_UPLOAD_INCOMPLETE });
    expect(await images.offset(imageId)).toBe(70_000);
    await images.write(upload(imageId, content));
    expect(content.equals(await collect(images.read(imageId, 0)))).toBe(true);
    expect(await images.offset(imageId)).toBe(0);
  });

  it.each([
    ["another checksum", { sha256: "0".repeat(64) }, Reason.IMAGE_CHECKSUM_MISMATCH],
    ["another sha512", { sha512: "0".repeat(128) }, Reason.IMAGE_CHECKSUM_MISMATCH],
    ["more bytes than announced", { sizeBytes: 1000 }, Reason.IMAGE_TRUNCATED],
  ])("deletes a file with %s", async (_, more, reason) => {
    const { images, root } = await openPool();
    const imageId = newId();
    await expect(images.write(upload(imageId, rawImage(), more))).rejects.toMatchObject({ reason });
    expect(await readdir(join(root, "partial"))).toEqual([]);
    expect(await readdir(join(root, "images"))).toEqual([]);
    expect(await images.offset(imageId)).toBe(0);
  });

  it("deletes a file that refers to others", async () => {
    const { images, root } = await openPool();
    const content = qcow2Image({ backingFile: "/etc/shadow" });
    await expect(images.write(upload(newId(), content))).rejects.toMatchObject({
      reason: Reason.IMAGE_REFERS_TO_OTHER_FILES,
    });
    expect(await readdir(join(root, "partial"))).toEqual([]);
  });

  it("answers the image that is there to a second upload", async () => {
    const { images } = await openPool();
    const [imageId, content] = [newId(), rawImage()];
    const both = await Promise.all([images.write(upload(imageId, content)), images.write(upload(imageId, content))]);
    expect(both[0]).toEqual(both[1]);
  });

  it("deletes images, and does not mind when there is none", async () => {
    const { images, root } = await openPool();
    const imageId = newId();
    await images.write(upload(imageId, rawImage()));
    await images.delete(imageId);
    await images.delete(imageId);
    expect(await images.find(imageId)).toBeUndefined();
    expect(await readdir(join(root, "images"))).toEqual([]);
  });

  it.each(["../../etc/passwd", "", "x", "01920000-0000-7000-8000-00000000000/"])("refuses the id %j", async (id) => {
    const { images } = await openPool();
    await expect(images.find(id)).rejects.toMatchObject({ reason: Reason.INVALID_REQUEST });
    await expect(images.write(upload(id, rawImage()))).rejects.toMatchObject({ reason: Reason.INVALID_REQUEST });
  });
});
