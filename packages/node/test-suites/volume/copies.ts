import { Reason } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { describe, expect, test } from "vitest";
import { reasonOf } from "../until.ts";
import { block, MIB, SIZE, type VolumeBench } from "./bench.ts";

export function copyCases(bench: () => VolumeBench): void {
  describe("copies", () => {
    test("a copy has what its volume has, and both go their own ways", async () => {
      const source = await bench().volume({ 0: "both", 63: "end" });
      const copy = await bench().copy({ kind: "volume", volumeId: source });
      await bench().write(source, { 0: "source" });
      await bench().write(copy, { 1: "copy" });
      await bench().sees(source, { 0: "source", 1: "", 63: "end" });
      await bench().sees(copy, { 0: "both", 1: "copy", 63: "end" });
    });

    test("a copy needs nothing of its source any more", async () => {
      const source = await bench().volume({ 3: "kept" });
      const copy = await bench().copy({ kind: "volume", volumeId: source });
      await bench().backend.deleteVolume(source);
      await bench().sees(copy, { 3: "kept" });
      expect(await bench().ids()).toEqual([copy]);
    });

    test("a copy of a volume of an image has both their bytes", async () => {
      const image = await bench().image(32 * MIB, "image");
      const source = await bench().copy({ kind: "image", image });
      await bench().write(source, { 1: "volume", 50: "beyond" });
      const copy = await bench().copy({ kind: "volume", volumeId: source });
      await bench().backend.deleteVolume(source);
      await bench().sees(copy, { 0: "image", 1: "volume", 2: "", 50: "beyond" });
    });

    test("a copy may be larger", async () => {
      const source = await bench().volume({ 63: "end" });
      const copy = await bench().copy({ kind: "volume", volumeId: source }, { sizeBytes: 2 * SIZE });
      expect((await bench().info(copy)).sizeBytes).toBe(2 * SIZE);
      expect((await bench().info(source)).sizeBytes).toBe(SIZE);
      await bench().sees(copy, { 63: "end", 64: "", 127: "" });
    });

    test("a copy may be thick", async () => {
      const source = await bench().volume({ 1: "thick" });
      const copy = await bench().copy({ kind: "volume", volumeId: source }, { thick: true });
      await bench().sees(copy, { 0: "", 1: "thick" });
      const { usedBytes } = await bench().info(copy);
      if (usedBytes !== undefined) expect(usedBytes).toBeGreaterThanOrEqual(SIZE);
    });

    test("a copy is not smaller", async () => {
      const volumeId = await bench().volume();
      const request = bench().request({ from: { kind: "volume", volumeId }, sizeBytes: SIZE / 2 });
      expect(await reasonOf(bench().backend.ensureVolume(request))).toBe(Reason.DISK_TOO_SMALL_FOR_IMAGE);
      expect(await bench().ids()).toEqual([volumeId]);
      expect(await bench().files(request.volumeId)).toEqual([]);
    });

    test("a copy needs its source", async () => {
      const missing = [
        { kind: "volume", volumeId: newId() },
        { kind: "volume", volumeId: await bench().volume(), snapshotId: newId() },
        { kind: "source", source: { kind: "file", path: "/nowhere/at/all.qcow2", format: "qcow2" } },
      ] as const;
      for (const from of missing)
        expect(await reasonOf(bench().backend.ensureVolume(bench().request({ from }))), from.kind).toBe(
          Reason.NOT_FOUND,
        );
      expect((await bench().ids()).length).toBe(1);
    });

    test("the same copy wanted three times at once is made once, and again is the same", async () => {
      const request = bench().request({ from: { kind: "volume", volumeId: await bench().volume({ 7: "once" }) } });
      const made = await Promise.all([1, 2, 3].map(() => bench().backend.ensureVolume(request)));
      for (const one of made) expect(one).toEqual(made[0]);
      await bench().write(request.volumeId, { 8: "later" });
      await bench().backend.ensureVolume(request);
      await bench().sees(request.volumeId, { 7: "once", 8: "later" });
    });

    test("copies of copies have what the first had", async () => {
      let volumeId = await bench().volume({ 0: "first" });
      for (let generation = 1; generation < 4; generation++) {
        const copy = await bench().copy({ kind: "volume", volumeId });
        await bench().write(copy, { [generation]: `g${generation}` });
        await bench().backend.deleteVolume(volumeId);
        volumeId = copy;
      }
      await bench().sees(volumeId, { 0: "first", 1: "g1", 2: "g2", 3: "g3", 4: "" });
    });

    test("a copy has none of its source's snapshots", async () => {
      const source = await bench().volume({ 0: "1" });
      if (!bench().snapshots()) return;
      await bench().snapshot(source);
      await bench().write(source, { 0: "2", 1: "new" });
      const copy = await bench().copy({ kind: "volume", volumeId: source });
      expect((await bench().info(copy)).snapshotIds).toEqual([]);
      await bench().backend.deleteVolume(source);
      await bench().sees(copy, { 0: "2", 1: "new" });
    });

    test("progress goes up to a hundred at most", async () => {
      const told: number[] = [];
      const source = await bench().volume({ 0: "a", 20: "b", 40: "c" });
      await bench().copy({ kind: "volume", volumeId: source }, { onProgress: (percent) => told.push(percent) });
      for (const percent of told) expect(percent >= 0 && percent <= 100).toBe(true);
      expect(told).toEqual(told.toSorted((a, b) => a - b));
    });

    test("a copy that is called off leaves nothing, and can be made again", async () => {
      const source = await bench().volume({ 0: "whole" });
      const signal = AbortSignal.abort(new Error("called off"));
      const request = bench().request({ from: { kind: "volume", volumeId: source }, signal });
      await expect(bench().backend.ensureVolume(request)).rejects.toThrow("called off");
      expect(await bench().ids()).toEqual([source]);
      expect(await bench().files(request.volumeId)).toEqual([]);
      await bench().copy(request.from!, { volumeId: request.volumeId });
      await bench().sees(request.volumeId, { 0: "whole" });
    });

    test("a copy that is called off on the way is whole or not there", async () => {
      const source = await bench().volume({ 0: "whole", 30: "too" });
      const abort = new AbortController();
      const request = bench().request({ from: { kind: "volume", volumeId: source }, signal: abort.signal });
      const making = bench().backend.ensureVolume(request);
      abort.abort(new Error("called off"));
      const result = await making.catch(() => undefined);
      if (result) await bench().sees(request.volumeId, { 0: "whole", 30: "too" });
      else expect(await bench().files(request.volumeId)).toEqual([]);
      expect((await bench().backend.findVolume(request.volumeId)) !== undefined).toBe(result !== undefined);
    });

    test("a disk from outside of the pool is copied into it", async () => {
      const source = await bench().fixture.outside(32 * MIB, block("outside"));
      const copy = await bench().copy({ kind: "source", source });
      expect(await bench().info(copy)).toMatchObject({ sizeBytes: SIZE, imageId: "", snapshotIds: [] });
      await bench().write(copy, { 40: "inside" });
      await bench().sees(copy, { 0: "outside", 1: "", 40: "inside" });
      expect(await bench().readFrom(source, { 0: "" })).toEqual({ 0: "outside" });
    });

    test("a disk from outside that is larger is refused", async () => {
      const source = await bench().fixture.outside(2 * SIZE, block("outside"));
      const request = bench().request({ from: { kind: "source", source } });
      expect(await reasonOf(bench().backend.ensureVolume(request))).toBe(Reason.DISK_TOO_SMALL_FOR_IMAGE);
      expect(await bench().files(request.volumeId)).toEqual([]);
    });

    test("a volume of another pool is copied by what it is attached as", async () => {
      const volumeId = await bench().volume({ 0: "moved", 63: "end" });
      // The same pool does here for another one.
      const copy = await bench().copy({ kind: "source", source: await bench().backend.attach(volumeId) });
      await bench().backend.detach(volumeId);
      await bench().backend.deleteVolume(volumeId);
      await bench().sees(copy, { 0: "moved", 1: "", 63: "end" });
    });
  });
}
