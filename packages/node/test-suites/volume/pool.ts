import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { PoolFile_Type, PoolFileSchema, Reason } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { describe, expect, test } from "vitest";
import { sourceName } from "../../src/index.ts";
import { reasonOf } from "../until.ts";
import { SIZE, type VolumeBench } from "./bench.ts";

const CAPABILITIES = {
  shared: "shared",
  images: "images",
  snapshots: "snapshots",
  linked_clones: "linkedClones",
  instant_clones: "instantClones",
  thin: "thin",
  online_resize: "onlineResize",
  discard: "discard",
  dirty_bitmaps: "dirtyBitmaps",
  shared_disks: "sharedDisks",
} as const;

export function poolCases(bench: () => VolumeBench): void {
  describe("the pool", () => {
    test("what it cannot do has a reason, and nothing else has", async () => {
      const { capabilities } = bench().backend;
      const missing = Object.entries(CAPABILITIES).flatMap(([name, key]) => (capabilities[key] ? [] : name));
      expect(Object.keys(capabilities.unsupported).toSorted()).toEqual(missing.toSorted());
      for (const why of Object.values(capabilities.unsupported)) expect(why).toMatch(/\w+ \w+/);
      expect(capabilities.images).toBe(bench().backend.images !== undefined);
      expect(capabilities.snapshots).toBe(bench().backend.snapshots !== undefined);
    });

    test("its capacity adds up", async () => {
      const { totalBytes, usedBytes, availableBytes } = await bench().backend.capacity();
      expect(totalBytes).toBeGreaterThan(0n);
      expect(usedBytes).toBeGreaterThanOrEqual(0n);
      expect(availableBytes).toBeGreaterThan(0n);
      expect(usedBytes + availableBytes).toBeLessThanOrEqual(totalBytes);
    });

    test("what its volumes may grow to is counted", async () => {
      const provisioned = async () => Number((await bench().backend.capacity()).provisionedBytes);
      const before = await provisioned();
      const volumeId = await bench().volume();
      await bench().volume({}, { sizeBytes: 2 * SIZE });
      expect((await provisioned()) - before).toBe(3 * SIZE);
      await bench().backend.growVolume(volumeId, 2 * SIZE);
      expect((await provisioned()) - before).toBe(4 * SIZE);
      await bench().backend.deleteVolume(volumeId);
      expect((await provisioned()) - before).toBe(2 * SIZE);
    });

    test("its files are listed with type and owner", async () => {
      const volumeId = await bench().volume({ 0: "x" });
      const vmId = newId();
      await bench().backend.ensureSeed(vmId, new Map([["user-data", "#cloud-config\n"]]));
      await bench().snapshot(volumeId);
      const files = await bench().backend.listFiles(1000);
      const typesOf = (owner: string) => files.filter((file) => file.ownerId === owner).map((file) => file.type);
      expect(typesOf(volumeId)).toContain(PoolFile_Type.VOLUME);
      for (const type of typesOf(volumeId)) expect([PoolFile_Type.VOLUME, PoolFile_Type.SNAPSHOT]).toContain(type);
      expect(typesOf(vmId)).toEqual([PoolFile_Type.SEED]);
      for (const file of files) {
        expect(file.path).toMatch(/^[^/]/);
        // As it is sent to whoever asks.
        expect(fromBinary(PoolFileSchema, toBinary(PoolFileSchema, file))).toEqual(file);
      }
      expect(files.filter((file) => file.type === PoolFile_Type.FOREIGN)).toEqual([]);
    });

    test("an image among its files", async () => {
      const image = await bench().image(SIZE / 2, "image");
      const volumeId = await bench().copy({ kind: "image", image });
      const files = await bench().backend.listFiles(1000);
      expect(files.some((file) => file.ownerId === volumeId)).toBe(true);
      const ofImage = files.filter((file) => file.ownerId === image.imageId);
      for (const file of ofImage) expect(file.type).toBe(PoolFile_Type.IMAGE);
      if (bench().backend.images) expect(ofImage.length).toBeGreaterThan(0);
    });

    test("no more files are listed than asked for", async () => {
      for (let i = 0; i < 3; i++) await bench().volume();
      expect((await bench().backend.listFiles(2)).length).toBe(2);
    });

    test("what is not ours is seen, and left alone", async () => {
      const { foreign } = bench().fixture;
      if (typeof foreign !== "function") return expect(foreign.cannot).toMatch(/\w+ \w+/);
      const path = await foreign();
      const volumeId = await bench().volume();
      await bench().restart();
      expect(await bench().ids()).toEqual([volumeId]);
      await bench().backend.deleteVolume(volumeId);
      const found = (await bench().backend.listFiles(1000)).find((file) => file.path === path);
      expect(found).toMatchObject({ type: PoolFile_Type.FOREIGN, ownerId: "" });
    });

    test("a full pool says so, and nothing half-made is left", async () => {
      const { fill } = bench().fixture;
      if (typeof fill !== "function") return expect(fill.cannot).toMatch(/\w+ \w+/);
      const source = await bench().volume({ 0: "kept", 20: "kept" });
      const free = await fill();
      const request = bench().request({ thick: true });
      expect(await reasonOf(bench().backend.ensureVolume(request))).toBe(Reason.POOL_FULL);
      expect(
        await reasonOf(bench().backend.ensureVolume({ ...request, from: { kind: "volume", volumeId: source } })),
      ).toBe(Reason.POOL_FULL);
      expect(await bench().ids()).toEqual([source]);
      expect(await bench().files(request.volumeId)).toEqual([]);
      await bench().sees(source, { 0: "kept", 20: "kept" });
      await free();
      await bench().volume({ 0: "fits again" }, request);
      await bench().sees(request.volumeId, { 0: "fits again" });
    });

    test("a seed is written once", async () => {
      const [{ backend }, vmId] = [bench(), newId()];
      expect(await backend.ensureSeed(vmId, undefined)).toBeUndefined();
      const seed = await backend.ensureSeed(vmId, new Map([["user-data", "#cloud-config\n"]]));
      if (!seed) throw new Error("there is no seed");
      const again = await backend.ensureSeed(vmId, new Map([["user-data", "another"]]));
      expect(again && sourceName(again)).toBe(sourceName(seed));
      expect(await backend.readSeed(vmId)).toEqual(new Map([["user-data", "#cloud-config\n"]]));
      expect(await backend.ensureSeed(vmId, undefined)).toEqual(seed);
    });

    test("a seed is deleted as often as one likes", async () => {
      const [{ backend }, vmId, other] = [bench(), newId(), newId()];
      for (const id of [vmId, other]) await backend.ensureSeed(id, new Map([["user-data", "#cloud-config\n"]]));
      await backend.deleteSeed(vmId);
      await backend.deleteSeed(vmId);
      expect(await backend.ensureSeed(vmId, undefined)).toBeUndefined();
      expect(await backend.readSeed(vmId)).toBeUndefined();
      expect(await bench().files(vmId)).toEqual([]);
      expect(await backend.ensureSeed(other, undefined)).toBeDefined();
    });

    test("seeds are no volumes, and do not go with one", async () => {
      const id = await bench().volume({ 0: "x" });
      await bench().backend.ensureSeed(id, new Map([["user-data", "#cloud-config\n"]]));
      expect(await bench().ids()).toEqual([id]);
      await bench().backend.deleteVolume(id);
      expect(await bench().backend.ensureSeed(id, undefined)).toBeDefined();
    });

    test("the memory of guests has a place for each snapshot, or is kept elsewhere", async () => {
      const { memory } = bench().backend;
      if (!memory) return;
      const [a, b] = [newId(), newId()];
      expect(memory.path(a)).toMatch(/^\//);
      expect(memory.path(a)).not.toBe(memory.path(b));
      expect(() => memory.path("../x")).toThrow();
      expect(await memory.sizeBytes(a)).toBeUndefined();
      await memory.delete(a);
    });

    test("it is left as often as one likes", async () => {
      await bench().backend[Symbol.asyncDispose]();
      await bench().backend[Symbol.asyncDispose]();
      await bench().restart();
      expect(await bench().ids()).toEqual([]);
    });
  });
}
