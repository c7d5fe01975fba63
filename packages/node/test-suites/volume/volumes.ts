import { Reason } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { describe, expect, test } from "vitest";
import { sourceName } from "../../src/index.ts";
import { reasonOf } from "../until.ts";
import { MIB, SIZE, type VolumeBench } from "./bench.ts";

const HOSTILE = ["", "..", "../escape", "a/b", "/etc/passwd", "x".repeat(300), "-rf", "a b", "a@b", "0\0", "%2e%2e"];

export function volumeCases(bench: () => VolumeBench): void {
  describe("volumes", () => {
    test("one is made, found and listed", async () => {
      const { backend, request } = { backend: bench().backend, request: bench().request() };
      expect(await backend.findVolume(request.volumeId)).toBeUndefined();
      const made = await backend.ensureVolume(request);
      expect(made).toMatchObject({ volumeId: request.volumeId, sizeBytes: SIZE, imageId: "", snapshotIds: [] });
      expect(await backend.findVolume(request.volumeId)).toEqual(made);
      expect(await backend.listVolumes()).toEqual([made]);
    });

    test("what is there is answered, and left as it is", async () => {
      const volumeId = await bench().volume({ 1: "kept" });
      const before = await bench().info(volumeId);
      expect(await bench().backend.ensureVolume(bench().request({ volumeId, sizeBytes: 2 * SIZE }))).toEqual(before);
      await bench().sees(volumeId, { 1: "kept" });
    });

    test("the same one wanted four times at once is made once", async () => {
      const request = bench().request();
      const made = await Promise.all([1, 2, 3, 4].map(() => bench().backend.ensureVolume(request)));
      for (const one of made) expect(one).toEqual(made[0]);
      expect(await bench().ids()).toEqual([request.volumeId]);
    });

    test("several are made at once, side by side", async () => {
      const ids = await Promise.all(["a", "b", "c", "d"].map((text) => bench().volume({ 0: text })));
      expect(await bench().ids()).toEqual(ids.toSorted());
      for (const [index, text] of ["a", "b", "c", "d"].entries()) await bench().sees(ids[index]!, { 0: text });
    });

    test("a new one reads zeros from end to end", async () => {
      await bench().sees(await bench().volume(), { 0: "", 31: "", 63: "" });
    });

    test("what is written is read back, to the last block", async () => {
      const volumeId = await bench().volume({ 0: "first", 32: "middle" });
      const last = SIZE / MIB - 4096 / MIB;
      await bench().write(volumeId, { [last]: "last" });
      await bench().sees(volumeId, { 0: "first", 1: "", 32: "middle", [last]: "last" });
    });

    test("two of them share nothing", async () => {
      const [a, b] = [await bench().volume({ 2: "a" }), await bench().volume({ 2: "b" })];
      await bench().write(a, { 3: "more" });
      await bench().sees(b, { 2: "b", 3: "" });
    });

    test("a thick one has its room", async () => {
      const { volumeId } = await bench().backend.ensureVolume(bench().request({ thick: true }));
      const { sizeBytes, usedBytes } = await bench().info(volumeId);
      expect(sizeBytes).toBe(SIZE);
      if (usedBytes !== undefined) expect(usedBytes).toBeGreaterThanOrEqual(SIZE);
      await bench().write(volumeId, { 5: "thick" });
      await bench().sees(volumeId, { 5: "thick", 6: "" });
    });

    test("a thin one takes what is written", async () => {
      if (!bench().backend.capabilities.thin) {
        await bench().cannot("thin", () => bench().backend.ensureVolume(bench().request({ thick: false })));
        expect(await bench().ids()).toEqual([]);
        return;
      }
      const volumeId = await bench().volume();
      const { usedBytes } = await bench().info(volumeId);
      if (usedBytes === undefined) return;
      expect(usedBytes).toBeLessThan(SIZE / 2);
      await bench().write(volumeId, { 0: "1", 10: "2", 20: "3", 30: "4" });
      expect((await bench().info(volumeId)).usedBytes).toBeGreaterThanOrEqual(usedBytes);
    });

    test("one that is not there is found by nobody", async () => {
      const [{ backend }, volumeId] = [bench(), newId()];
      expect(await backend.findVolume(volumeId)).toBeUndefined();
      expect(await reasonOf(backend.attach(volumeId))).toBe(Reason.NOT_FOUND);
      expect(await reasonOf(backend.growVolume(volumeId, SIZE))).toBe(Reason.NOT_FOUND);
      await backend.detach(volumeId);
      await backend.deleteVolume(volumeId);
    });

    test("attached and detached as often as one likes it is the same disk", async () => {
      const volumeId = await bench().volume({ 0: "here" });
      const { backend } = bench();
      const source = await backend.attach(volumeId);
      expect(sourceName(await backend.attach(volumeId))).toBe(sourceName(source));
      await backend.detach(volumeId);
      await backend.detach(volumeId);
      await bench().sees(volumeId, { 0: "here" });
    });

    test("no two have the same name for the emulator", async () => {
      const names = [];
      for (const id of [await bench().volume(), await bench().volume()])
        names.push(sourceName(await bench().backend.attach(id)));
      expect(new Set(names).size).toBe(2);
    });

    test("one grows and keeps what it has", async () => {
      const volumeId = await bench().volume({ 0: "old", 63: "end" });
      await bench().backend.growVolume(volumeId, 2 * SIZE);
      await bench().backend.growVolume(volumeId, 2 * SIZE);
      expect((await bench().info(volumeId)).sizeBytes).toBe(2 * SIZE);
      await bench().write(volumeId, { 100: "new" });
      await bench().sees(volumeId, { 0: "old", 63: "end", 64: "", 100: "new", 127: "" });
    });

    test("none shrinks", async () => {
      const volumeId = await bench().volume({ 63: "end" });
      for (const options of [undefined, { live: true }, { live: false }])
        expect(await reasonOf(bench().backend.growVolume(volumeId, SIZE / 2, options))).toBe(Reason.DISK_CANNOT_SHRINK);
      expect((await bench().info(volumeId)).sizeBytes).toBe(SIZE);
      await bench().sees(volumeId, { 63: "end" });
    });

    test("one that is deleted is gone, as often as one deletes it", async () => {
      const [volumeId, other] = [await bench().volume({ 0: "gone" }), await bench().volume({ 0: "stays" })];
      await bench().backend.deleteVolume(volumeId);
      await bench().backend.deleteVolume(volumeId);
      expect(await bench().backend.findVolume(volumeId)).toBeUndefined();
      expect(await bench().ids()).toEqual([other]);
      expect(await bench().files(volumeId)).toEqual([]);
      await bench().sees(other, { 0: "stays" });
    });

    test("deleted twice at once, and made again, it is new", async () => {
      const volumeId = await bench().volume({ 0: "old" });
      await Promise.all([bench().backend.deleteVolume(volumeId), bench().backend.deleteVolume(volumeId)]);
      await bench().volume({}, { volumeId });
      await bench().sees(volumeId, { 0: "" });
    });

    test("a size that no disk has is refused", async () => {
      for (const sizeBytes of [0, -SIZE, 1000, SIZE + 1])
        expect(await reasonOf(bench().backend.ensureVolume(bench().request({ sizeBytes })))).toBe(
          Reason.INVALID_REQUEST,
        );
      expect(await bench().ids()).toEqual([]);
    });

    test("an id that is none is refused everywhere", async () => {
      const { backend } = bench();
      const before = await bench().files();
      for (const id of HOSTILE) {
        const calls = [
          backend.ensureVolume(bench().request({ volumeId: id })),
          backend.findVolume(id),
          backend.attach(id),
          backend.growVolume(id, SIZE),
          backend.deleteVolume(id),
          backend.ensureSeed(id, new Map([["user-data", "x"]])),
          backend.deleteSeed(id),
          backend.ensureVolume(bench().request({ from: { kind: "volume", volumeId: id } })),
        ];
        for (const call of await Promise.allSettled(calls.map((call) => reasonOf(call))))
          expect(call, id).toEqual({ status: "fulfilled", value: Reason.INVALID_REQUEST });
      }
      expect(await bench().files()).toEqual(before);
    });

    test("one that is called off beforehand is not made", async () => {
      const signal = AbortSignal.abort(new Error("called off"));
      const request = bench().request({ signal });
      await expect(bench().backend.ensureVolume(request)).rejects.toThrow("called off");
      expect(await bench().ids()).toEqual([]);
      expect(await bench().files(request.volumeId)).toEqual([]);
    });

    test("the list says of each what finding it says", async () => {
      const ids = [await bench().volume({ 0: "x" }), await bench().volume(), await bench().volume({}, { thick: true })];
      await bench().backend.growVolume(ids[1]!, 3 * SIZE);
      const listed = await bench().backend.listVolumes();
      expect(listed.length).toBe(3);
      for (const one of listed) expect(await bench().backend.findVolume(one.volumeId)).toEqual(one);
    });
  });
}
