import { Reason } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { describe, expect, test } from "vitest";
import type { VolumeSnapshots } from "../../src/index.ts";
import { reasonOf } from "../until.ts";
import { MIB, SIZE, type VolumeBench, work } from "./bench.ts";

export function cloneCases(bench: () => VolumeBench): void {
  describe("clones of snapshots", () => {
    const withSnapshots = (body: (snapshots: VolumeSnapshots) => Promise<void>) => async () => {
      const snapshots = bench().snapshots();
      if (snapshots) await body(snapshots);
      else await bench().cannot("snapshots");
    };

    /** Where the backend cannot link, asking for it is refused with the reason. */
    const withLinks = (body: (snapshots: VolumeSnapshots) => Promise<void>) => async () => {
      const { snapshots, capabilities } = bench().backend;
      if (snapshots && capabilities.linkedClones) return body(snapshots);
      const volumeId = await bench().volume();
      const from = { kind: "linked", volumeId, snapshotId: await bench().snapshot(volumeId) } as const;
      await bench().cannot(capabilities.linkedClones ? "snapshots" : "linked_clones", () =>
        bench().backend.ensureVolume(bench().request({ from })),
      );
      expect(await bench().ids()).toEqual([volumeId]);
    };

    async function withSnapshot() {
      const volumeId = await bench().volume({ 0: "then", 1: "then" });
      const snapshotId = await bench().snapshot(volumeId);
      await bench().write(volumeId, { 0: "now", 2: "now" });
      return { volumeId, snapshotId };
    }

    test(
      "a copy of a snapshot has the bytes of then",
      withSnapshots(async () => {
        const then = await withSnapshot();
        const copy = await bench().copy({ kind: "volume", ...then });
        await bench().sees(copy, { 0: "then", 1: "then", 2: "" });
        await bench().write(copy, { 0: "copy" });
        await bench().sees(then.volumeId, { 0: "now", 1: "then", 2: "now" });
      }),
    );

    test.each([{ thick: false }, { thick: true }])(
      "a copy of a snapshot has what the image and every snapshot before it brought (thick: $thick)",
      ({ thick }) =>
        withSnapshots(async () => {
          const image = await bench().image(32 * MIB, "image");
          const volumeId = await bench().copy({ kind: "image", image });
          for (const [at, text] of ["", "first", "second", "third"].entries()) {
            if (text) await bench().write(volumeId, { [at]: text });
            await bench().snapshot(volumeId);
          }
          const snapshotId = await bench().snapshot(volumeId);
          const copy = await bench().copy({ kind: "volume", volumeId, snapshotId }, { thick });
          await bench().sees(copy, { 0: "image", 1: "first", 2: "second", 3: "third" });
        })(),
    );

    test(
      "a copy of a snapshot needs neither it nor its volume any more",
      withSnapshots(async (snapshots) => {
        const then = await withSnapshot();
        const copy = await bench().copy({ kind: "volume", ...then });
        await snapshots.delete(then.volumeId, then.snapshotId, work());
        await bench().sees(copy, { 0: "then", 1: "then", 2: "" });
        await bench().backend.deleteVolume(then.volumeId);
        await bench().sees(copy, { 0: "then", 1: "then", 2: "" });
      }),
    );

    test(
      "a snapshot is copied while its volume changes",
      withSnapshots(async () => {
        const then = await withSnapshot();
        const copying = bench().copy({ kind: "volume", ...then });
        await bench().write(then.volumeId, { 0: "changing", 1: "changing" });
        await bench().sees(await copying, { 0: "then", 1: "then", 2: "" });
        await bench().sees(then.volumeId, { 0: "changing", 1: "changing" });
      }),
    );

    test(
      "copies of several snapshots at once each have their own",
      withSnapshots(async () => {
        const volumeId = await bench().volume({ 0: "a" });
        const a = await bench().snapshot(volumeId);
        await bench().write(volumeId, { 0: "b" });
        const b = await bench().snapshot(volumeId);
        await bench().write(volumeId, { 0: "c" });
        const copies = await Promise.all(
          [a, b, undefined].map((snapshotId) => bench().copy({ kind: "volume", volumeId, snapshotId })),
        );
        for (const [index, text] of ["a", "b", "c"].entries()) await bench().sees(copies[index]!, { 0: text });
      }),
    );

    test(
      "a linked clone has the bytes of then, and both go their own ways",
      withLinks(async () => {
        const then = await withSnapshot();
        const clone = await bench().copy({ kind: "linked", ...then });
        await bench().sees(clone, { 0: "then", 1: "then", 2: "" });
        await bench().write(clone, { 0: "clone", 3: "clone" });
        await bench().write(then.volumeId, { 1: "source", 3: "source" });
        await bench().sees(clone, { 0: "clone", 1: "then", 2: "", 3: "clone" });
        await bench().sees(then.volumeId, { 0: "now", 1: "source", 2: "now", 3: "source" });
      }),
    );

    test(
      "what a linked clone is over is not deleted before it",
      withLinks(async (snapshots) => {
        const then = await withSnapshot();
        const clones = [
          await bench().copy({ kind: "linked", ...then }),
          await bench().copy({ kind: "linked", ...then }),
        ];
        for (const clone of clones) {
          expect(await reasonOf(snapshots.delete(then.volumeId, then.snapshotId, work()))).toBe(Reason.IN_USE);
          expect(await reasonOf(bench().backend.deleteVolume(then.volumeId))).toBe(Reason.IN_USE);
          expect((await bench().info(then.volumeId)).snapshotIds).toEqual([then.snapshotId]);
          await bench().sees(clone, { 0: "then" });
          await bench().backend.deleteVolume(clone);
        }
        await snapshots.delete(then.volumeId, then.snapshotId, work());
        await bench().sees(then.volumeId, { 0: "now", 1: "then", 2: "now" });
        await bench().backend.deleteVolume(then.volumeId);
        expect(await bench().files()).toEqual([]);
      }),
    );

    test(
      "a linked clone is as large as asked, not smaller",
      withLinks(async () => {
        const then = await withSnapshot();
        const small = bench().request({ from: { kind: "linked", ...then }, sizeBytes: SIZE / 2 });
        expect(await reasonOf(bench().backend.ensureVolume(small))).toBe(Reason.DISK_TOO_SMALL_FOR_IMAGE);
        const clone = await bench().copy({ kind: "linked", ...then }, { sizeBytes: 2 * SIZE });
        expect((await bench().info(clone)).sizeBytes).toBe(2 * SIZE);
        await bench().write(clone, { 127: "end" });
        await bench().sees(clone, { 0: "then", 64: "", 127: "end" });
        await bench().backend.growVolume(clone, 3 * SIZE);
        expect((await bench().info(then.volumeId)).sizeBytes).toBe(SIZE);
      }),
    );

    test(
      "a linked clone needs its snapshot",
      withLinks(async () => {
        const volumeId = await bench().volume();
        for (const from of [
          { kind: "linked", volumeId, snapshotId: newId() },
          { kind: "linked", volumeId: newId(), snapshotId: newId() },
        ] as const)
          expect(await reasonOf(bench().backend.ensureVolume(bench().request({ from })))).toBe(Reason.NOT_FOUND);
        expect(await bench().ids()).toEqual([volumeId]);
      }),
    );

    test(
      "the same linked clone wanted twice at once is made once",
      withLinks(async () => {
        const request = bench().request({ from: { kind: "linked", ...(await withSnapshot()) } });
        const [a, b] = await Promise.all([
          bench().backend.ensureVolume(request),
          bench().backend.ensureVolume(request),
        ]);
        expect(a).toEqual(b);
        await bench().sees(request.volumeId, { 0: "then" });
      }),
    );

    test(
      "the source goes back and forth below a linked clone",
      withLinks(async (snapshots) => {
        const then = await withSnapshot();
        const later = await bench().snapshot(then.volumeId);
        const clone = await bench().copy({ kind: "linked", ...then });
        await bench().write(clone, { 5: "clone" });
        await snapshots.revert(then.volumeId, then.snapshotId);
        await bench().write(then.volumeId, { 0: "branch", 5: "branch" });
        await snapshots.revert(then.volumeId, later);
        await bench().sees(then.volumeId, { 0: "now", 5: "" });
        await bench().sees(clone, { 0: "then", 1: "then", 5: "clone" });
      }),
    );

    test(
      "snapshots before and after the one below a linked clone are deleted",
      withLinks(async (snapshots) => {
        const volumeId = await bench().volume({ 0: "before", 1: "before" });
        const before = await bench().snapshot(volumeId);
        await bench().write(volumeId, { 0: "then" });
        const then = await bench().snapshot(volumeId);
        await bench().write(volumeId, { 0: "after" });
        const after = await bench().snapshot(volumeId);
        await bench().write(volumeId, { 0: "now" });
        const clone = await bench().copy({ kind: "linked", volumeId, snapshotId: then });
        for (const id of [before, after]) {
          await snapshots.delete(volumeId, id, work());
          await bench().sees(clone, { 0: "then", 1: "before" });
          await bench().sees(volumeId, { 0: "now", 1: "before" });
        }
        expect((await bench().info(volumeId)).snapshotIds).toEqual([then]);
      }),
    );

    test(
      "a linked clone has snapshots of its own",
      withLinks(async (snapshots) => {
        const clone = await bench().copy({ kind: "linked", ...(await withSnapshot()) });
        const first = await bench().snapshot(clone);
        await bench().write(clone, { 0: "clone" });
        const second = await bench().snapshot(clone);
        await bench().write(clone, { 0: "further" });
        await snapshots.revert(clone, first);
        await bench().sees(clone, { 0: "then", 1: "then" });
        await snapshots.delete(clone, first, work());
        await snapshots.revert(clone, second);
        await snapshots.delete(clone, second, work());
        await bench().sees(clone, { 0: "clone", 1: "then" });
        expect((await bench().info(clone)).snapshotIds).toEqual([]);
      }),
    );

    test(
      "linked clones of linked clones",
      withLinks(async () => {
        const then = await withSnapshot();
        const child = await bench().copy({ kind: "linked", ...then });
        await bench().write(child, { 0: "child" });
        const grandchild = await bench().copy({
          kind: "linked",
          volumeId: child,
          snapshotId: await bench().snapshot(child),
        });
        await bench().write(child, { 0: "later" });
        await bench().sees(grandchild, { 0: "child", 1: "then", 2: "" });
        expect(await reasonOf(bench().backend.deleteVolume(child))).toBe(Reason.IN_USE);
        for (const id of [grandchild, child, then.volumeId]) await bench().backend.deleteVolume(id);
        expect(await bench().files()).toEqual([]);
      }),
    );

    test(
      "a copy of a linked clone stands alone",
      withLinks(async () => {
        const then = await withSnapshot();
        const clone = await bench().copy({ kind: "linked", ...then });
        await bench().write(clone, { 0: "clone" });
        const copy = await bench().copy({ kind: "volume", volumeId: clone });
        for (const id of [clone, then.volumeId]) await bench().backend.deleteVolume(id);
        await bench().sees(copy, { 0: "clone", 1: "then", 2: "" });
      }),
    );
  });
}
