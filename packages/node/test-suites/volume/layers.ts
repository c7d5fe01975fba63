import { Reason } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { describe, expect, test } from "vitest";
import { type DiskSource, sourceName, type VolumeLayers, type VolumeSnapshots } from "../../src/index.ts";
import { reasonOf } from "../until.ts";
import { type Contents, type VolumeBench, work } from "./bench.ts";

/** A guest that runs: it alone knows which file it writes. */
interface Guest {
  volumeId: string;
  top: DiskSource;
}

/** What is reached as `top` is, by its name. */
function sourceOf(top: DiskSource, name: string): DiskSource {
  if (top.kind === "nfs") return { ...top, path: name.slice(`nfs://${top.server}`.length), below: undefined };
  return { kind: "file", path: name, format: "qcow2" };
}

export function layerCases(bench: () => VolumeBench): void {
  describe("layers", () => {
    const snapshots = (): VolumeSnapshots => bench().backend.snapshots!;
    const layers = (): VolumeLayers => snapshots().layers!;
    let restarts = false;
    const crash = async () => {
      if (restarts) await bench().restart();
    };

    /** Each case twice: with and without restarts. Storage that freezes a volume beneath its guest has no layers, and says so. */
    const layerTest = (name: string, body: () => Promise<void>) => {
      for (const withRestarts of [false, true])
        test(`${name}${withRestarts ? ", the daemon being restarted between all steps" : ""}`, async () => {
          restarts = withRestarts;
          const has = bench().snapshots();
          if (!has) return bench().cannot("snapshots");
          expect(has.layers !== undefined).toBe(has.how === "layers");
          return has.how === "layers" ? body() : undefined;
        });
    };

    async function guest(contents: Contents): Promise<Guest> {
      const volumeId = await bench().volume(contents);
      return { volumeId, top: await bench().backend.attach(volumeId) };
    }

    /** As the daemon does after it came back: the guest's definition is the truth. */
    async function restarted({ volumeId, top }: Guest): Promise<void> {
      if (!restarts) return;
      await crash();
      await layers().settle(volumeId, sourceName(top));
    }

    /** A snapshot of a running guest, from the first step to the last. */
    async function live(guest: Guest, snapshotId = newId()): Promise<string> {
      const layer = await layers().prepare(guest.volumeId, snapshotId);
      await crash();
      guest.top = layer;
      await layers().settle(guest.volumeId, sourceName(layer));
      await crash();
      return snapshotId;
    }

    /** Deletes a snapshot of a running guest, from the first step to the last. */
    async function remove(guest: Guest, snapshotId: string): Promise<void> {
      const plan = await layers().planMerge(guest.volumeId, snapshotId);
      if (plan) {
        await restarted(guest);
        const again = await layers().planMerge(guest.volumeId, snapshotId);
        expect(again).toEqual(plan);
        await bench().fixture.merge?.(plan, sourceName(guest.top));
        if (plan.active) {
          expect(plan.top).toBe(sourceName(guest.top));
          guest.top = sourceOf(guest.top, plan.base);
        }
        await crash();
        await layers().settle(guest.volumeId, sourceName(guest.top));
        await crash();
      }
      await snapshots().delete(guest.volumeId, snapshotId, work());
      await restarted(guest);
    }

    const write = (guest: Guest, contents: Contents) => bench().writeTo(guest.top, contents);
    const sees = async (guest: Guest, contents: Contents) => {
      expect(await bench().readFrom(guest.top, contents)).toEqual(contents);
      // The storage and the guest mean the same file.
      expect(sourceName(await bench().backend.attach(guest.volumeId))).toBe(sourceName(guest.top));
    };
    const ids = async (guest: Guest) => (await bench().info(guest.volumeId)).snapshotIds;
    /** What a snapshot has, seen through a copy. */
    const had = async ({ volumeId }: Guest, snapshotId: string, contents: Contents) => {
      const copy = await bench().copy({ kind: "volume", volumeId, snapshotId });
      await bench().sees(copy, contents);
      await bench().backend.deleteVolume(copy);
    };

    layerTest("a running guest goes on in a new layer", async () => {
      const vm = await guest({ 0: "then" });
      const id = await live(vm);
      await write(vm, { 0: "now", 1: "now" });
      expect(await ids(vm)).toEqual([id]);
      await sees(vm, { 0: "now", 1: "now" });
      await had(vm, id, { 0: "then", 1: "" });
    });

    layerTest("a layer is readied once, and is not the guest's yet", async () => {
      const vm = await guest({ 0: "then" });
      const id = newId();
      const layer = await layers().prepare(vm.volumeId, id);
      await restarted({ ...vm, top: layer });
      if (!restarts) expect(await layers().prepare(vm.volumeId, id)).toEqual(layer);
      expect(sourceName(layer)).not.toBe(sourceName(vm.top));
      expect(await bench().readFrom(layer, { 0: "" })).toEqual({ 0: "then" });
    });

    layerTest("a guest that was not switched goes on in its old layer", async () => {
      const vm = await guest({ 0: "then" });
      const layer = await layers().prepare(vm.volumeId, newId());
      await crash();
      await layers().settle(vm.volumeId, sourceName(vm.top));
      await crash();
      expect(await ids(vm)).toEqual([]);
      await write(vm, { 0: "on" });
      await sees(vm, { 0: "on" });
      expect((await bench().files(vm.volumeId)).some((path) => sourceName(layer).endsWith(path))).toBe(false);
      const id = await live(vm);
      await write(vm, { 0: "later" });
      await had(vm, id, { 0: "on" });
    });

    layerTest("a guest that was switched is believed, with what it wrote", async () => {
      const vm = await guest({ 0: "then" });
      const id = newId();
      vm.top = await layers().prepare(vm.volumeId, id);
      await write(vm, { 0: "written before anybody knew" });
      await crash();
      await layers().settle(vm.volumeId, sourceName(vm.top));
      expect(await ids(vm)).toEqual([id]);
      await sees(vm, { 0: "written before anybody knew" });
      await had(vm, id, { 0: "then" });
    });

    layerTest("a guest that is off again after a crash is settled by what it wrote", async () => {
      const vm = await guest({ 0: "then" });
      vm.top = await layers().prepare(vm.volumeId, newId());
      await write(vm, { 0: "written" });
      await crash();
      await layers().settle(vm.volumeId, sourceName(vm.top));
      await bench().sees(vm.volumeId, { 0: "written" });
      await bench().backend.growVolume(vm.volumeId, 2 * (await bench().info(vm.volumeId)).sizeBytes);
      await bench().sees(vm.volumeId, { 0: "written", 127: "" });
    });

    layerTest("settling what is settled changes nothing", async () => {
      const vm = await guest({ 0: "0" });
      await layers().settle(vm.volumeId, sourceName(vm.top));
      const id = await live(vm);
      await write(vm, { 0: "1" });
      for (let i = 0; i < 3; i++) await layers().settle(vm.volumeId, sourceName(vm.top));
      expect(await ids(vm)).toEqual([id]);
      await sees(vm, { 0: "1" });
    });

    layerTest("the newest snapshot is merged into below the running guest", async () => {
      const vm = await guest({ 0: "0" });
      const [a, b] = [await live(vm), await write(vm, { 0: "1", 1: "1" }).then(() => live(vm))];
      await write(vm, { 0: "2", 2: "2" });
      await remove(vm, b);
      expect(await ids(vm)).toEqual([a]);
      await sees(vm, { 0: "2", 1: "1", 2: "2" });
      await write(vm, { 0: "3" });
      await sees(vm, { 0: "3", 1: "1", 2: "2" });
      await had(vm, a, { 0: "0", 1: "", 2: "" });
    });

    layerTest("the oldest snapshot is merged below the running guest", async () => {
      const vm = await guest({ 0: "0" });
      const [a, b] = [await live(vm), await write(vm, { 0: "1", 1: "1" }).then(() => live(vm))];
      await write(vm, { 0: "2" });
      await remove(vm, a);
      expect(await ids(vm)).toEqual([b]);
      await sees(vm, { 0: "2", 1: "1" });
      await had(vm, b, { 0: "1", 1: "1" });
    });

    for (const order of [
      [0, 1, 2],
      [1, 0, 2],
      [1, 2, 0],
      [2, 1, 0],
    ])
      layerTest(`three snapshots of a running guest are deleted in the order ${order.join(" ")}`, async () => {
        const vm = await guest({});
        const all: string[] = [];
        for (let i = 0; i < 3; i++) {
          await write(vm, { 0: `s${i}`, [i + 1]: `s${i}` });
          all.push(await live(vm));
        }
        await write(vm, { 0: "now" });
        for (const [done, i] of order.entries()) {
          await remove(vm, all[i]!);
          await sees(vm, { 0: "now", 1: "s0", 2: "s1", 3: "s2" });
          await write(vm, { [5 + done]: "goes on" });
        }
        expect(await ids(vm)).toEqual([]);
        await sees(vm, { 0: "now", 1: "s0", 2: "s1", 3: "s2", 5: "goes on", 6: "goes on", 7: "goes on" });
        await bench().backend.deleteVolume(vm.volumeId);
        expect(await bench().files()).toEqual([]);
      });

    layerTest("another branch is deleted without the guest", async () => {
      const vm = await guest({ 0: "0" });
      const trunk = await live(vm);
      await write(vm, { 0: "arm" });
      const arm = await live(vm);
      await snapshots().revert(vm.volumeId, trunk);
      vm.top = await bench().backend.attach(vm.volumeId);
      await write(vm, { 0: "other" });
      expect(await layers().planMerge(vm.volumeId, arm)).toBeUndefined();
      await remove(vm, arm);
      expect(await ids(vm)).toEqual([trunk]);
      await sees(vm, { 0: "other" });
      await remove(vm, trunk);
      await sees(vm, { 0: "other" });
      expect(await ids(vm)).toEqual([]);
    });

    layerTest("where the chain forks nothing is merged, and nothing is lost", async () => {
      const vm = await guest({ 0: "0", 1: "0" });
      const trunk = await live(vm);
      await write(vm, { 0: "arm" });
      const arm = await live(vm);
      await snapshots().revert(vm.volumeId, trunk);
      vm.top = await bench().backend.attach(vm.volumeId);
      await write(vm, { 0: "other" });
      await remove(vm, trunk);
      expect(await ids(vm)).toEqual([arm]);
      await sees(vm, { 0: "other", 1: "0" });
      await had(vm, arm, { 0: "arm", 1: "0" });
    });

    layerTest("below a linked clone nothing is merged", async () => {
      const vm = await guest({ 0: "then" });
      const id = await live(vm);
      await write(vm, { 0: "now" });
      const from = { kind: "linked", volumeId: vm.volumeId, snapshotId: id } as const;
      if (!bench().backend.capabilities.linkedClones)
        return bench().cannot("linked_clones", () => bench().backend.ensureVolume(bench().request({ from })));
      const clone = await bench().copy(from);
      expect(await reasonOf(layers().planMerge(vm.volumeId, id))).toBe(Reason.IN_USE);
      await restarted(vm);
      await bench().sees(clone, { 0: "then" });
      await sees(vm, { 0: "now" });
      expect(await ids(vm)).toEqual([id]);
      await bench().backend.deleteVolume(clone);
      await remove(vm, id);
      await sees(vm, { 0: "now" });
      return undefined;
    });

    layerTest("a merge next to the layer of a linked clone leaves the clone alone", async () => {
      const vm = await guest({ 0: "0", 1: "0" });
      const below = await live(vm);
      await write(vm, { 0: "then" });
      const id = await live(vm);
      await write(vm, { 0: "now" });
      if (!bench().backend.capabilities.linkedClones) return bench().cannot("linked_clones");
      const clone = await bench().copy({ kind: "linked", volumeId: vm.volumeId, snapshotId: id });
      await remove(vm, below);
      expect(await ids(vm)).toEqual([id]);
      await bench().sees(clone, { 0: "then", 1: "0" });
      await sees(vm, { 0: "now", 1: "0" });
      return undefined;
    });

    layerTest("what running guests left is snapshots as any others", async () => {
      const vm = await guest({ 0: "0" });
      const a = await live(vm);
      await write(vm, { 0: "1" });
      const b = await bench().snapshot(vm.volumeId);
      await bench().write(vm.volumeId, { 0: "2" });
      await crash();
      await snapshots().revert(vm.volumeId, a);
      await crash();
      await bench().sees(vm.volumeId, { 0: "0" });
      await snapshots().revert(vm.volumeId, b);
      await snapshots().delete(vm.volumeId, a, work());
      await crash();
      await snapshots().delete(vm.volumeId, b, work());
      await bench().sees(vm.volumeId, { 0: "1" });
    });

    layerTest("a volume goes with a layer that was only readied", async () => {
      const vm = await guest({ 0: "x" });
      await layers().prepare(vm.volumeId, newId());
      await crash();
      await bench().backend.deleteVolume(vm.volumeId);
      expect(await bench().files()).toEqual([]);
    });

    layerTest("what is not there has no layers", async () => {
      expect(await reasonOf(layers().prepare(newId(), newId()))).toBe(Reason.NOT_FOUND);
      expect(await layers().planMerge((await guest({})).volumeId, newId())).toBeUndefined();
      for (const id of ["../x", "", "a/b"])
        expect(await reasonOf(layers().prepare(id, newId())), id).toBe(Reason.INVALID_REQUEST);
    });
  });
}
