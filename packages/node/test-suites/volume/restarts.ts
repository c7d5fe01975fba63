import { newId } from "@limiquantix/kit";
import { describe, expect, test } from "vitest";
import { block, MIB, SIZE, type VolumeBench, work } from "./bench.ts";

export function restartCases(bench: () => VolumeBench): void {
  describe("restarts", () => {
    test("volumes are what they were", async () => {
      const ids = [await bench().volume({ 0: "a" }), await bench().volume({ 0: "b" }, { thick: true })];
      await bench().backend.growVolume(ids[0]!, 2 * SIZE);
      const before = await bench().backend.listVolumes();
      await bench().restart();
      expect(await bench().backend.listVolumes()).toEqual(before);
      await bench().sees(ids[0]!, { 0: "a", 100: "" });
      await bench().sees(ids[1]!, { 0: "b" });
    });

    test("what was deleted stays deleted", async () => {
      const volumeId = await bench().volume({ 0: "x" });
      await bench().backend.deleteVolume(volumeId);
      await bench().restart();
      expect(await bench().ids()).toEqual([]);
      await bench().backend.deleteVolume(volumeId);
      expect(await bench().files()).toEqual([]);
    });

    test("volumes of images and their copies are what they were", async () => {
      const image = await bench().image(32 * MIB, "image");
      const volumeId = await bench().copy({ kind: "image", image });
      await bench().write(volumeId, { 1: "mine" });
      await bench().restart();
      const copy = await bench().copy({ kind: "volume", volumeId });
      await bench().restart();
      for (const id of [volumeId, copy]) await bench().sees(id, { 0: "image", 1: "mine" });
    });

    test("between all steps of a volume's life", async () => {
      const request = bench().request();
      const steps: (() => Promise<unknown>)[] = [
        () => bench().backend.ensureVolume(request),
        () => bench().write(request.volumeId, { 0: "written" }),
        () => bench().backend.growVolume(request.volumeId, 2 * SIZE),
        () => bench().sees(request.volumeId, { 0: "written", 127: "" }),
        () => bench().backend.attach(request.volumeId),
        () => bench().sees(request.volumeId, { 0: "written" }),
        () => bench().backend.deleteVolume(request.volumeId),
      ];
      for (const step of steps) {
        await step();
        await bench().restart();
        // Each may be done again.
        if (step === steps[2] || step === steps[6]) await step();
      }
      expect(await bench().ids()).toEqual([]);
    });

    test("a seed is there", async () => {
      const vmId = newId();
      const seed = await bench().backend.ensureSeed(vmId, new Map([["user-data", "#cloud-config\n"]]));
      await bench().restart();
      expect(await bench().backend.ensureSeed(vmId, undefined)).toEqual(seed);
    });

    test("a copy that was on its way is whole or not there", async () => {
      const source = await bench().volume({ 0: "whole", 50: "too" });
      const abort = new AbortController();
      const request = bench().request({ from: { kind: "volume", volumeId: source }, signal: abort.signal });
      const making = bench().backend.ensureVolume(request);
      abort.abort(new Error("the daemon ends"));
      await making.catch(() => {});
      await bench().restart();
      const found = await bench().backend.findVolume(request.volumeId);
      if (!found) expect(await bench().files(request.volumeId)).toEqual([]);
      await bench().backend.ensureVolume({ ...request, signal: new AbortController().signal });
      await bench().sees(request.volumeId, { 0: "whole", 50: "too" });
    });

    test("a disk from outside that was copied stays", async () => {
      const copy = await bench().copy({
        kind: "source",
        source: await bench().fixture.outside(SIZE / 2, block("outside")),
      });
      await bench().restart();
      await bench().sees(copy, { 0: "outside" });
    });

    test("between all steps with snapshots", async () => {
      const snapshots = () => bench().snapshots();
      if (!snapshots()) return bench().cannot("snapshots");
      const volumeId = await bench().volume({ 0: "s0" });
      const ids: string[] = [];
      for (let i = 1; i <= 3; i++) {
        ids.push(await bench().snapshot(volumeId));
        await bench().restart();
        await snapshots()?.create(volumeId, ids.at(-1)!);
        await bench().write(volumeId, { 0: `s${i}`, [i]: `s${i}` });
        await bench().restart();
      }
      expect((await bench().info(volumeId)).snapshotIds).toEqual(ids);
      await snapshots()?.revert(volumeId, ids[1]!);
      await bench().restart();
      await bench().sees(volumeId, { 0: "s1", 1: "s1", 2: "", 3: "" });
      await bench().write(volumeId, { 4: "branch" });
      for (const i of [1, 0, 2]) {
        await snapshots()?.delete(volumeId, ids[i]!, work());
        await bench().restart();
        await snapshots()?.delete(volumeId, ids[i]!, work());
        await bench().sees(volumeId, { 0: "s1", 1: "s1", 2: "", 3: "", 4: "branch" });
      }
      expect((await bench().info(volumeId)).snapshotIds).toEqual([]);
    });

    test("a linked clone keeps its source from being deleted", async () => {
      const volumeId = await bench().volume({ 0: "then" });
      const snapshotId = await bench().snapshot(volumeId);
      const from = { kind: "linked", volumeId, snapshotId } as const;
      const { snapshots, capabilities } = bench().backend;
      if (!snapshots || !capabilities.linkedClones)
        return bench().cannot(capabilities.linkedClones ? "snapshots" : "linked_clones", () => bench().copy(from));
      const clone = await bench().copy(from);
      await bench().restart();
      await expect(bench().backend.deleteVolume(volumeId)).rejects.toThrow();
      await expect(bench().backend.snapshots?.delete(volumeId, snapshotId, work())).rejects.toThrow();
      await bench().write(volumeId, { 0: "now" });
      await bench().sees(clone, { 0: "then" });
    });
  });
}
