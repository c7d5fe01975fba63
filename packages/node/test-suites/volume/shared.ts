import { newId } from "@limiquantix/kit";
import { describe, expect, test } from "vitest";
import { type VolumeBench, SIZE } from "./bench.ts";

/** Volumes that several guests have at the same time. */
export function sharedCases(bench: () => VolumeBench): void {
  /** Where the backend has none it says why, and the answer is undefined. */
  const shared = async () => {
    if (bench().backend.capabilities.sharedDisks) return bench().volume({}, { shared: true });
    await bench().cannot("shared_disks");
    return undefined;
  };

  describe("shared volumes", () => {
    test("one is raw, and readied for guest after guest", async () => {
      const id = await shared();
      if (!id) return;
      const { backend } = bench();
      const [a, b] = [await backend.attach(id, { shared: true }), await backend.attach(id, { shared: true })];
      expect([a, a.format]).toEqual([b, "raw"]);
      await bench().writeTo(a, { 0: "from a" });
      expect(await bench().readFrom(b, { 0: "", 3: "" })).toEqual({ 0: "from a", 3: "" });
      await backend.detach(id);
      await bench().sees(id, { 0: "from a" });
    });

    test("it is a volume like others: found, listed, with files of its own", async () => {
      const id = await shared();
      if (!id) return;
      expect(await bench().info(id)).toMatchObject({ volumeId: id, sizeBytes: SIZE, imageId: "", snapshotIds: [] });
      expect(await bench().ids()).toEqual([id]);
      expect((await bench().files(id)).length).toBeGreaterThan(0);
      await bench().restart();
      expect(await bench().ids()).toEqual([id]);
      expect(await bench().backend.attach(id, { shared: true })).toMatchObject({ format: "raw" });
      await bench().backend.detach(id);
    });

    test("making it again answers the one there is, with what is on it", async () => {
      const id = await shared();
      if (!id) return;
      await bench().write(id, { 1: "kept" });
      await bench().volume({}, { volumeId: id, shared: true });
      await bench().sees(id, { 1: "kept" });
    });

    test("it grows, and keeps what is on it", async () => {
      const id = await shared();
      if (!id) return;
      await bench().write(id, { 0: "kept" });
      await bench().backend.growVolume(id, 2 * SIZE);
      expect((await bench().info(id)).sizeBytes).toBe(2 * SIZE);
      await bench().sees(id, { 0: "kept", 100: "" });
    });

    test("it comes here from another pool with what is on it", async () => {
      const { backend, fixture } = bench();
      if (!backend.capabilities.sharedDisks) return bench().cannot("shared_disks");
      const source = await fixture.outside(SIZE, new Uint8Array(4096).fill(7));
      const id = await bench().volume({}, { shared: true, from: { kind: "source", source } });
      const seen = await fixture.read(await backend.attach(id, { shared: true }), 0, 4096);
      expect(seen.every((byte) => byte === 7)).toBe(true);
      await backend.detach(id);
    });

    test("it is deleted as often as one likes", async () => {
      const id = await shared();
      if (!id) return;
      const other = await bench().volume({ 0: "other" });
      await bench().backend.deleteVolume(id);
      await bench().backend.deleteVolume(id);
      expect(await bench().backend.findVolume(id)).toBeUndefined();
      expect(await bench().files(id)).toEqual([]);
      await bench().sees(other, { 0: "other" });
      await expect(bench().backend.attach(newId(), { shared: true })).rejects.toThrow();
    });
  });
}
