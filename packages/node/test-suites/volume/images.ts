import { ImageSpec_Format as Format, Reason } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { describe, expect, test } from "vitest";
import type { ImageLibrary, ImageUpload } from "../../src/index.ts";
import { reasonOf } from "../until.ts";
import { block, chunks, MIB, SIZE, upload, type VolumeBench } from "./bench.ts";

export function imageCases(bench: () => VolumeBench): void {
  describe("images", () => {
    test("a volume begins with its image, and is as large as asked", async () => {
      const image = await bench().image(32 * MIB, "image");
      const volumeId = await bench().copy({ kind: "image", image });
      expect((await bench().info(volumeId)).sizeBytes).toBe(SIZE);
      await bench().sees(volumeId, { 0: "image", 1: "", 40: "" });
      await bench().write(volumeId, { 40: "beyond" });
      await bench().sees(volumeId, { 0: "image", 40: "beyond" });
    });

    test("volumes of one image go their own ways", async () => {
      const image = await bench().image(32 * MIB, "image");
      const [a, b] = [await bench().copy({ kind: "image", image }), await bench().copy({ kind: "image", image })];
      await bench().write(a, { 0: "a", 1: "a" });
      await bench().sees(b, { 0: "image", 1: "" });
      await bench().sees(await bench().copy({ kind: "image", image }), { 0: "image", 1: "" });
    });

    test("four volumes of one image are made at once", async () => {
      const image = await bench().image(32 * MIB, "image");
      const ids = await Promise.all([1, 2, 3, 4].map(() => bench().copy({ kind: "image", image })));
      for (const id of ids) await bench().sees(id, { 0: "image" });
      expect(await bench().ids()).toEqual(ids.toSorted());
    });

    test("one that is wanted twice at once is made once", async () => {
      const image = await bench().image(32 * MIB, "image");
      const request = bench().request({ from: { kind: "image", image } });
      const [a, b] = await Promise.all([bench().backend.ensureVolume(request), bench().backend.ensureVolume(request)]);
      expect(a).toEqual(b);
      await bench().sees(request.volumeId, { 0: "image" });
    });

    test("a thick one begins with its image too", async () => {
      const image = await bench().image(32 * MIB, "image");
      const volumeId = await bench().copy({ kind: "image", image }, { thick: true });
      await bench().sees(volumeId, { 0: "image", 1: "" });
      const { usedBytes } = await bench().info(volumeId);
      if (usedBytes !== undefined) expect(usedBytes).toBeGreaterThanOrEqual(SIZE);
    });

    test("a volume is not smaller than its image", async () => {
      const image = await bench().image(2 * SIZE, "image");
      const request = bench().request({ from: { kind: "image", image } });
      expect(await reasonOf(bench().backend.ensureVolume(request))).toBe(Reason.DISK_TOO_SMALL_FOR_IMAGE);
      expect(await bench().ids()).toEqual([]);
      expect(await bench().files(request.volumeId)).toEqual([]);
    });

    test("a volume needs its image", async () => {
      const there = await bench().image(32 * MIB, "image");
      const image = { ...there, imageId: newId(), path: `${there.path}-is-not-there` };
      expect(await reasonOf(bench().backend.ensureVolume(bench().request({ from: { kind: "image", image } })))).toBe(
        Reason.NOT_FOUND,
      );
      expect(await bench().ids()).toEqual([]);
    });

    test("what a volume says of its image is true", async () => {
      const image = await bench().image(32 * MIB, "image");
      const { imageId } = await bench().info(await bench().copy({ kind: "image", image }));
      expect(["", image.imageId]).toContain(imageId);
      if (bench().backend.images && bench().backend.capabilities.linkedClones) expect(imageId).toBe(image.imageId);
    });

    /** Where the backend keeps no images, that is what the case is about. */
    const withLibrary = (body: (images: ImageLibrary) => Promise<void>) => async () => {
      const { images, capabilities } = bench().backend;
      expect(capabilities.images).toBe(images !== undefined);
      if (images) await body(images);
      else await bench().cannot("images");
    };

    test(
      "an image below a volume is not deleted",
      withLibrary(async (images) => {
        const image = await bench().image(32 * MIB, "image");
        const volumeId = await bench().copy({ kind: "image", image });
        if ((await bench().info(volumeId)).imageId)
          expect(await reasonOf(images.delete(image.imageId))).toBe(Reason.IMAGE_IN_USE);
        await bench().backend.deleteVolume(volumeId);
        await images.delete(image.imageId);
        await images.delete(image.imageId);
        expect(await images.find(image.imageId)).toBeUndefined();
        expect(await bench().files(image.imageId)).toEqual([]);
      }),
    );

    test(
      "a file becomes an image when it is complete, and is read back the same",
      withLibrary(async (images) => {
        const imageId = newId();
        const file = await bench().fixture.qcow2(32 * MIB, block("image"));
        const image = await images.write(upload(imageId, file));
        expect(image).toMatchObject({
          imageId,
          format: Format.QCOW2,
          sizeBytes: file.length,
          virtualSizeBytes: 32 * MIB,
        });
        expect(image.sha256).toMatch(/^[0-9a-f]{64}$/);
        expect(await images.find(imageId)).toEqual(image);
        expect(await images.list()).toEqual([image]);
        expect(await bytesOf(images.read(imageId, 100))).toEqual(file.slice(100));
      }),
    );

    test(
      "an image is there after a restart",
      withLibrary(async () => {
        const image = await bench().image(32 * MIB, "image");
        await bench().restart();
        expect(await bench().backend.images?.find(image.imageId)).toEqual(image);
        await bench().sees(await bench().copy({ kind: "image", image }), { 0: "image" });
      }),
    );

    test(
      "a broken upload goes on where it broke",
      withLibrary(async (images) => {
        const imageId = newId();
        const file = await bench().fixture.qcow2(32 * MIB, block("image"));
        const half = Math.floor(file.length / 2);
        const broken = (async function* () {
          yield file.slice(0, half);
          throw new Error("the line broke");
        })();
        await expect(images.write({ ...upload(imageId, file), chunks: broken })).rejects.toThrow();
        expect(await images.find(imageId)).toBeUndefined();
        const offset = await images.offset(imageId);
        expect(offset).toBeLessThanOrEqual(half);
        expect(await reasonOf(images.write({ ...upload(imageId, file), offset: offset + 1 }))).toBe(
          Reason.IMAGE_UPLOAD_INCOMPLETE,
        );
        const rest = { ...upload(imageId, file), offset, chunks: chunks(file.slice(offset)) };
        expect((await images.write(rest)).sizeBytes).toBe(file.length);
      }),
    );

    test(
      "bad content is refused and leaves nothing",
      withLibrary(async (images) => {
        const good = await bench().fixture.qcow2(32 * MIB);
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
          expect(await reasonOf(images.write({ ...upload(imageId, file), ...more }))).toBe(reason);
          expect(await images.find(imageId)).toBeUndefined();
          expect(await images.offset(imageId)).toBe(0);
        }
      }),
    );
  });
}

async function bytesOf(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: number[] = [];
  for await (const part of parts) for (const byte of part) all.push(byte);
  return Uint8Array.from(all);
}
