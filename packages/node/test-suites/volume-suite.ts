import { ImageSpec_Format as Format, Reason } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ImageUpload, VolumeBackend, VolumeRequest } from "../src/index.ts";
import { reasonOf } from "./until.ts";

export interface VolumeFixture {
  backend: VolumeBackend;
  /** A complete, empty qcow2 file of this virtual size. */
  qcow2(virtualSizeBytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

const MIB = 1024 ** 2;

/** What every VolumeBackend must do the same way. */
export function volumeSuite(name: string, open: () => Promise<VolumeFixture>): void {
  describe(`VolumeBackend: ${name}`, () => {
    let fixture: VolumeFixture;
    let backend: VolumeBackend;
    const request = (more: Partial<VolumeRequest> = {}): VolumeRequest => ({
      volumeId: newId(),
      sizeBytes: 64 * MIB,
      imageId: "",
      thick: false,
      ...more,
    });

    beforeEach(async () => {
      fixture = await open();
      backend = fixture.backend;
    });

    afterEach(() => fixture.close());

    test("a volume is made once, found, listed, and deleted as often as one likes", async () => {
      const wanted = request();
      expect(await backend.findVolume(wanted.volumeId)).toBeUndefined();
      const made = await backend.ensureVolume(wanted);
      expect(made).toMatchObject({ volumeId: wanted.volumeId, sizeBytes: 64 * MIB, imageId: "" });
      expect(await backend.ensureVolume(wanted)).toEqual(made);
      expect(await backend.findVolume(wanted.volumeId)).toEqual(made);
      expect(await backend.listVolumes()).toEqual([wanted.volumeId]);
      await backend.deleteVolume(wanted.volumeId);
      await backend.deleteVolume(wanted.volumeId);
      expect(await backend.listVolumes()).toEqual([]);
    });

    test("volumes grow and do not shrink", async () => {
      const { volumeId } = await backend.ensureVolume(request());
      await backend.growVolume(volumeId, 128 * MIB);
      await backend.growVolume(volumeId, 128 * MIB);
      expect((await backend.findVolume(volumeId))?.sizeBytes).toBe(128 * MIB);
      expect(await reasonOf(backend.growVolume(volumeId, 64 * MIB))).toBe(Reason.DISK_CANNOT_SHRINK);
    });

    test("a volume over an image keeps it from being deleted", async () => {
      const imageId = newId();
      await backend.images.write(upload(imageId, await fixture.qcow2(32 * MIB)));
      const { volumeId } = await backend.ensureVolume(request({ imageId }));
      expect((await backend.findVolume(volumeId))?.imageId).toBe(imageId);
      expect(await reasonOf(backend.images.delete(imageId))).toBe(Reason.IMAGE_IN_USE);
      await backend.deleteVolume(volumeId);
      await backend.images.delete(imageId);
      expect(await backend.images.find(imageId)).toBeUndefined();
    });

    test("a volume needs its image, and room for it", async () => {
      expect(await reasonOf(backend.ensureVolume(request({ imageId: newId() })))).toBe(Reason.IMAGE_NOT_READY);
      const imageId = newId();
      await backend.images.write(upload(imageId, await fixture.qcow2(256 * MIB)));
      expect(await reasonOf(backend.ensureVolume(request({ imageId })))).toBe(Reason.DISK_TOO_SMALL_FOR_IMAGE);
      expect(await backend.listVolumes()).toEqual([]);
    });

    const copyOf = (sourceId: string, signal = new AbortController().signal) => ({
      copy: { sourceId, signal, onProgress: () => {} },
    });

    test("a copy of a volume is made once and needs nothing of its source", async () => {
      const imageId = newId();
      await backend.images.write(upload(imageId, await fixture.qcow2(32 * MIB)));
      for (const source of [request(), request({ imageId }), request({ imageId, thick: true })]) {
        await backend.ensureVolume(source);
        const wanted = request({ ...copyOf(source.volumeId), sizeBytes: 96 * MIB, thick: source.thick });
        const [made, again] = await Promise.all([backend.ensureVolume(wanted), backend.ensureVolume(wanted)]);
        expect(made).toMatchObject({ volumeId: wanted.volumeId, sizeBytes: 96 * MIB, imageId: source.imageId });
        expect(again).toEqual(made);
        await backend.deleteVolume(source.volumeId);
        expect(await backend.ensureVolume(wanted)).toEqual(made);
        expect(await backend.listVolumes()).toEqual([wanted.volumeId]);
        if (source.imageId) expect(await reasonOf(backend.images.delete(imageId))).toBe(Reason.IMAGE_IN_USE);
        await backend.deleteVolume(wanted.volumeId);
      }
    });

    test("a copy needs its source, and room for it; one that is called off leaves nothing", async () => {
      expect(await reasonOf(backend.ensureVolume(request(copyOf(newId()))))).toBe(Reason.NOT_FOUND);
      const { volumeId } = await backend.ensureVolume(request());
      const smaller = request({ ...copyOf(volumeId), sizeBytes: 32 * MIB });
      expect(await reasonOf(backend.ensureVolume(smaller))).toBe(Reason.DISK_TOO_SMALL_FOR_IMAGE);
      const abort = new AbortController();
      abort.abort(new Error("called off"));
      await expect(backend.ensureVolume(request(copyOf(volumeId, abort.signal)))).rejects.toThrow("called off");
      expect(await backend.listVolumes()).toEqual([volumeId]);
    });

    test("a seed is written once", async () => {
      const vmId = newId();
      expect(await backend.findSeed(vmId)).toBeUndefined();
      const path = await backend.ensureSeed(vmId, new Map([["user-data", "#cloud-config\n"]]));
      expect(await backend.ensureSeed(vmId, new Map([["user-data", "another"]]))).toBe(path);
      expect(await backend.findSeed(vmId)).toBe(path);
      await backend.deleteSeed(vmId);
      await backend.deleteSeed(vmId);
      expect(await backend.findSeed(vmId)).toBeUndefined();
    });

    test("a file becomes an image when it is complete, and is read back the same", async () => {
      const imageId = newId();
      const file = await fixture.qcow2(32 * MIB);
      const image = await backend.images.write(upload(imageId, file));
      expect(image).toMatchObject({
        imageId,
        format: Format.QCOW2,
        sizeBytes: file.length,
        virtualSizeBytes: 32 * MIB,
      });
      expect(image.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(await backend.images.find(imageId)).toEqual(image);
      expect(await backend.images.list()).toEqual([image]);
      expect(await bytesOf(backend.images.read(imageId, 100))).toEqual(file.slice(100));
    });

    test("a broken upload goes on where it broke", async () => {
      const imageId = newId();
      const file = await fixture.qcow2(32 * MIB);
      const half = Math.floor(file.length / 2);
      const broken = (async function* () {
        yield file.slice(0, half);
        throw new Error("the line broke");
      })();
      await expect(backend.images.write({ ...upload(imageId, file), chunks: broken })).rejects.toThrow();
      expect(await backend.images.find(imageId)).toBeUndefined();
      const offset = await backend.images.offset(imageId);
      expect(offset).toBeLessThanOrEqual(half);
      expect(await reasonOf(backend.images.write({ ...upload(imageId, file), offset: offset + 1 }))).toBe(
        Reason.IMAGE_UPLOAD_INCOMPLETE,
      );
      const rest = { ...upload(imageId, file), offset, chunks: chunks(file.slice(offset)) };
      expect((await backend.images.write(rest)).sizeBytes).toBe(file.length);
    });

    test("bad content is refused and leaves nothing", async () => {
      const good = await fixture.qcow2(32 * MIB);
      const referring = good.slice();
      const view = new DataView(referring.buffer);
      view.setBigUint64(8, 1024n);
      view.setUint32(16, 11);
      referring.set(new TextEncoder().encode("/etc/passwd"), 1024);
      const cases: [Uint8Array, Partial<ImageUpload>, Reason][] = [
        [good, { sha256: "00".repeat(32) }, Reason.IMAGE_CHECKSUM_MISMATCH],
        [good.slice(0, 512), {}, Reason.IMAGE_TRUNCATED],
        [referring, {}, Reason.IMAGE_REFERS_TO_OTHER_FILES],
      ];
      for (const [file, more, reason] of cases) {
        const imageId = newId();
        expect(await reasonOf(backend.images.write({ ...upload(imageId, file), ...more }))).toBe(reason);
        expect(await backend.images.find(imageId)).toBeUndefined();
        expect(await backend.images.offset(imageId)).toBe(0);
      }
    });

    test("its capacity adds up", async () => {
      const { totalBytes, availableBytes } = await backend.capacity();
      expect(totalBytes).toBeGreaterThan(0n);
      expect(availableBytes).toBeLessThanOrEqual(totalBytes);
    });
  });
}

function upload(imageId: string, file: Uint8Array): ImageUpload {
  return { imageId, offset: 0, sizeBytes: file.length, sha256: "", sha512: "", chunks: chunks(file) };
}

async function* chunks(file: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < file.length; at += 64 * 1024) yield file.slice(at, at + 64 * 1024);
}

async function bytesOf(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: number[] = [];
  for await (const part of parts) for (const byte of part) all.push(byte);
  return Uint8Array.from(all);
}
