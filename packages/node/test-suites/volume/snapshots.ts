import { Reason } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { describe, expect, test } from "vitest";
import type { VolumeSnapshots } from "../../src/index.ts";
import { reasonOf } from "../until.ts";
import { type Contents, SIZE, type VolumeBench, work } from "./bench.ts";

const permutations = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

export function snapshotCases(bench: () => VolumeBench): void {
  describe("snapshots", () => {
    /** Where the backend has no snapshots it says why, and what needs one is refused for that. */
    const withSnapshots = (body: (snapshots: VolumeSnapshots) => Promise<void>) => async () => {
      const snapshots = bench().snapshots();
      if (snapshots) return body(snapshots);
      const from = { kind: "linked", volumeId: await bench().volume(), snapshotId: newId() } as const;
      return bench().cannot("snapshots", () => bench().backend.ensureVolume(bench().request({ from })));
    };

    /** A volume with a snapshot of each of its states: `s0` at 0, then `s1` at 0 and 1, and so on; it now has `now` at 0. */
    async function history(
      count: number,
    ): Promise<{ volumeId: string; ids: string[]; state: (i: number) => Contents }> {
      const volumeId = await bench().volume();
      const ids: string[] = [];
      for (let i = 0; i < count; i++) {
        await bench().write(volumeId, { 0: `s${i}`, [i + 1]: `s${i}` });
        ids.push(await bench().snapshot(volumeId));
      }
      await bench().write(volumeId, { 0: "now" });
      const state = (i: number) => {
        const contents: Contents = { 0: i < count ? `s${i}` : "now" };
        for (let j = 0; j < count; j++) contents[j + 1] = j <= i ? `s${j}` : "";
        return contents;
      };
      return { volumeId, ids, state };
    }

    test(
      "one is taken, named and taken again without effect",
      withSnapshots(async (snapshots) => {
        const volumeId = await bench().volume({ 0: "then" });
        const snapshotId = await bench().snapshot(volumeId);
        expect((await bench().info(volumeId)).snapshotIds).toEqual([snapshotId]);
        await bench().write(volumeId, { 0: "now" });
        await snapshots.create(volumeId, snapshotId);
        expect((await bench().backend.listVolumes())[0]?.snapshotIds).toEqual([snapshotId]);
        await snapshots.revert(volumeId, snapshotId);
        await bench().sees(volumeId, { 0: "then" });
      }),
    );

    test(
      "the same one wanted twice at once is taken once",
      withSnapshots(async (snapshots) => {
        const [volumeId, snapshotId] = [await bench().volume({ 0: "x" }), newId()];
        await Promise.all([snapshots.create(volumeId, snapshotId), snapshots.create(volumeId, snapshotId)]);
        expect((await bench().info(volumeId)).snapshotIds).toEqual([snapshotId]);
        await bench().sees(volumeId, { 0: "x" });
      }),
    );

    test(
      "they are named oldest first",
      withSnapshots(async () => {
        const { volumeId, ids } = await history(4);
        expect((await bench().info(volumeId)).snapshotIds).toEqual(ids);
      }),
    );

    test(
      "a volume goes on as it was",
      withSnapshots(async () => {
        const { volumeId, state } = await history(2);
        await bench().sees(volumeId, state(2));
        expect((await bench().info(volumeId)).sizeBytes).toBe(SIZE);
      }),
    );

    test(
      "a volume goes back, and the snapshot stays",
      withSnapshots(async (snapshots) => {
        const { volumeId, ids, state } = await history(1);
        await snapshots.revert(volumeId, ids[0]!);
        await bench().sees(volumeId, state(0));
        expect((await bench().info(volumeId)).snapshotIds).toEqual(ids);
      }),
    );

    test(
      "it goes back to the same one again and again",
      withSnapshots(async (snapshots) => {
        const { volumeId, ids, state } = await history(1);
        for (const text of ["again", "and again", ""]) {
          await snapshots.revert(volumeId, ids[0]!);
          await snapshots.revert(volumeId, ids[0]!);
          await bench().sees(volumeId, state(0));
          await bench().write(volumeId, { 0: text, 9: text });
          await bench().sees(volumeId, { 0: text, 9: text });
        }
      }),
    );

    test(
      "it goes back and forth between them, in any order",
      withSnapshots(async (snapshots) => {
        const { volumeId, ids, state } = await history(3);
        for (const i of [1, 2, 0, 2, 1, 0]) {
          await snapshots.revert(volumeId, ids[i]!);
          await bench().sees(volumeId, state(i));
          await bench().write(volumeId, { 0: "spoilt", 1: "spoilt" });
        }
        expect((await bench().info(volumeId)).snapshotIds).toEqual(ids);
      }),
    );

    for (const [which, index] of [["first", 0] as const, ["middle", 1] as const, ["last", 2] as const])
      test(
        `the ${which} of three is deleted; all else is as it was`,
        withSnapshots(async (snapshots) => {
          const { volumeId, ids, state } = await history(3);
          await snapshots.delete(volumeId, ids[index]!, work());
          await snapshots.delete(volumeId, ids[index]!, work());
          expect((await bench().info(volumeId)).snapshotIds).toEqual(ids.filter((_, i) => i !== index));
          await bench().sees(volumeId, state(3));
          for (const i of [2, 1, 0].filter((i) => i !== index)) {
            await snapshots.revert(volumeId, ids[i]!);
            await bench().sees(volumeId, state(i));
          }
          expect(await reasonOf(snapshots.revert(volumeId, ids[index]!))).toBe(Reason.NOT_FOUND);
        }),
      );

    for (const order of permutations)
      test(
        `all three are deleted in the order ${order.join(" ")}`,
        withSnapshots(async (snapshots) => {
          const { volumeId, ids, state } = await history(3);
          for (const i of order) {
            await snapshots.delete(volumeId, ids[i]!, work());
            await bench().sees(volumeId, state(3));
          }
          expect((await bench().info(volumeId)).snapshotIds).toEqual([]);
          await bench().write(volumeId, { 10: "goes on" });
          await bench().sees(volumeId, { ...state(3), 10: "goes on" });
        }),
      );

    test(
      "after going back a branch grows, and every state is there",
      withSnapshots(async (snapshots) => {
        const { volumeId, ids, state } = await history(2);
        await snapshots.revert(volumeId, ids[0]!);
        await bench().write(volumeId, { 0: "branch", 8: "branch" });
        const branch = await bench().snapshot(volumeId);
        await bench().write(volumeId, { 8: "further" });
        await snapshots.revert(volumeId, ids[1]!);
        await bench().sees(volumeId, { ...state(1), 8: "" });
        await snapshots.revert(volumeId, branch);
        await bench().sees(volumeId, { 0: "branch", 1: "s0", 2: "", 8: "branch" });
        await snapshots.revert(volumeId, ids[0]!);
        await bench().sees(volumeId, { ...state(0), 8: "" });
        expect((await bench().info(volumeId)).snapshotIds.toSorted()).toEqual([...ids, branch].toSorted());
      }),
    );

    for (const [what, order] of [
      ["where it forks", [0, 1, 2]],
      ["one arm", [1, 0, 2]],
      ["the other arm", [2, 0, 1]],
      ["both arms", [2, 1, 0]],
    ] as const)
      test(
        `of a fork ${what} is deleted first`,
        withSnapshots(async (snapshots) => {
          const { volumeId, ids } = await history(2);
          await snapshots.revert(volumeId, ids[0]!);
          await bench().write(volumeId, { 0: "arm", 7: "arm" });
          const all = [...ids, await bench().snapshot(volumeId)];
          await bench().write(volumeId, { 0: "top" });
          const states: Contents[] = [
            { 0: "s0", 1: "s0", 2: "", 7: "" },
            { 0: "s1", 1: "s0", 2: "s1", 7: "" },
            { 0: "arm", 1: "s0", 2: "", 7: "arm" },
          ];
          const left = new Set([0, 1, 2]);
          for (const i of order) {
            await snapshots.delete(volumeId, all[i]!, work());
            left.delete(i);
            await bench().sees(volumeId, { 0: "top", 1: "s0", 2: "", 7: "arm" });
            for (const j of left) {
              // A copy shows what a snapshot has without going back to it.
              const copy = await bench().copy({ kind: "volume", volumeId, snapshotId: all[j]! });
              await bench().sees(copy, states[j]!);
              await bench().backend.deleteVolume(copy);
            }
          }
          expect((await bench().info(volumeId)).snapshotIds).toEqual([]);
        }),
      );

    test(
      "the one that the volume was taken back to is deleted",
      withSnapshots(async (snapshots) => {
        const { volumeId, ids, state } = await history(2);
        await snapshots.revert(volumeId, ids[0]!);
        await bench().write(volumeId, { 9: "since" });
        await snapshots.delete(volumeId, ids[0]!, work());
        await bench().sees(volumeId, { ...state(0), 9: "since" });
        await snapshots.revert(volumeId, ids[1]!);
        await bench().sees(volumeId, { ...state(1), 9: "" });
      }),
    );

    test(
      "one that is not there is as good as deleted, and is not gone back to",
      withSnapshots(async (snapshots) => {
        const volumeId = await bench().volume({ 0: "x" });
        await snapshots.delete(volumeId, newId(), work());
        expect(await reasonOf(snapshots.revert(volumeId, newId()))).toBe(Reason.NOT_FOUND);
        expect(await reasonOf(snapshots.create(newId(), newId()))).toBe(Reason.NOT_FOUND);
        expect(await reasonOf(snapshots.revert(newId(), newId()))).toBe(Reason.NOT_FOUND);
        await snapshots.delete(newId(), newId(), work());
        await bench().sees(volumeId, { 0: "x" });
      }),
    );

    test(
      "an id that is none is refused",
      withSnapshots(async (snapshots) => {
        const volumeId = await bench().volume({ 0: "x" });
        for (const id of ["", "../x", "a/b", "-f", "a@b", "x".repeat(300)]) {
          for (const call of [
            snapshots.create(volumeId, id),
            snapshots.revert(volumeId, id),
            snapshots.delete(volumeId, id, work()),
            snapshots.create(id, newId()),
            snapshots.usedBytes(volumeId, id),
          ])
            expect(await reasonOf(call), id).toBe(Reason.INVALID_REQUEST);
        }
        expect((await bench().info(volumeId)).snapshotIds).toEqual([]);
      }),
    );

    test(
      "a deleted name may be used again",
      withSnapshots(async (snapshots) => {
        const { volumeId, ids } = await history(1);
        await snapshots.delete(volumeId, ids[0]!, work());
        await snapshots.create(volumeId, ids[0]!);
        await bench().write(volumeId, { 0: "later" });
        await snapshots.revert(volumeId, ids[0]!);
        await bench().sees(volumeId, { 0: "now" });
      }),
    );

    test(
      "a volume that grew goes back to its old size, and forth",
      withSnapshots(async (snapshots) => {
        const volumeId = await bench().volume({ 63: "end" });
        const small = await bench().snapshot(volumeId);
        await bench().backend.growVolume(volumeId, 2 * SIZE);
        await bench().write(volumeId, { 100: "beyond" });
        const large = await bench().snapshot(volumeId);
        await snapshots.revert(volumeId, small);
        expect((await bench().info(volumeId)).sizeBytes).toBe(SIZE);
        await bench().sees(volumeId, { 63: "end" });
        await snapshots.revert(volumeId, large);
        expect((await bench().info(volumeId)).sizeBytes).toBe(2 * SIZE);
        await snapshots.delete(volumeId, small, work());
        await bench().sees(volumeId, { 63: "end", 64: "", 100: "beyond", 127: "" });
      }),
    );

    test(
      "what deleting one would free is known, or is said not to be",
      withSnapshots(async (snapshots) => {
        const { volumeId, ids } = await history(2);
        for (const id of ids) expect((await snapshots.usedBytes(volumeId, id)) ?? 0).toBeGreaterThanOrEqual(0);
        const { usedBytes } = await bench().info(volumeId);
        for (const id of ids) await snapshots.delete(volumeId, id, work());
        const after = (await bench().info(volumeId)).usedBytes;
        if (usedBytes !== undefined && after !== undefined) expect(after).toBeLessThanOrEqual(usedBytes);
      }),
    );

    test(
      "twelve in a row are deleted criss-cross",
      withSnapshots(async (snapshots) => {
        const { volumeId, ids, state } = await history(12);
        for (const i of [5, 0, 11, 6, 3, 9, 1, 10, 4, 8]) await snapshots.delete(volumeId, ids[i]!, work());
        expect((await bench().info(volumeId)).snapshotIds).toEqual([ids[2], ids[7]]);
        await bench().sees(volumeId, state(12));
        await snapshots.revert(volumeId, ids[7]!);
        await bench().sees(volumeId, state(7));
        await snapshots.revert(volumeId, ids[2]!);
        await bench().sees(volumeId, state(2));
      }),
    );

    test(
      "of a volume of an image",
      withSnapshots(async (snapshots) => {
        const image = await bench().image(SIZE / 2, "image");
        const volumeId = await bench().copy({ kind: "image", image });
        const first = await bench().snapshot(volumeId);
        await bench().write(volumeId, { 0: "mine" });
        await bench().snapshot(volumeId);
        await bench().write(volumeId, { 0: "again" });
        await snapshots.revert(volumeId, first);
        await bench().sees(volumeId, { 0: "image" });
        for (const id of (await bench().info(volumeId)).snapshotIds) await snapshots.delete(volumeId, id, work());
        await bench().sees(volumeId, { 0: "image" });
      }),
    );

    test(
      "of a thick volume",
      withSnapshots(async (snapshots) => {
        const volumeId = await bench().volume({ 0: "then" }, { thick: true });
        const snapshotId = await bench().snapshot(volumeId);
        await bench().write(volumeId, { 0: "now" });
        await snapshots.revert(volumeId, snapshotId);
        await bench().sees(volumeId, { 0: "then" });
        await snapshots.delete(volumeId, snapshotId, work());
        await bench().sees(volumeId, { 0: "then" });
      }),
    );

    test(
      "they go with their volume",
      withSnapshots(async () => {
        const { volumeId } = await history(3);
        await bench().backend.deleteVolume(volumeId);
        expect(await bench().ids()).toEqual([]);
        expect(await bench().files()).toEqual([]);
        await bench().volume({}, { volumeId });
        expect((await bench().info(volumeId)).snapshotIds).toEqual([]);
        await bench().sees(volumeId, { 0: "", 1: "" });
      }),
    );

    test(
      "deleting that is called off loses nothing else, and can be done again",
      withSnapshots(async (snapshots) => {
        const { volumeId, ids, state } = await history(3);
        const signal = AbortSignal.abort(new Error("called off"));
        await snapshots.delete(volumeId, ids[1]!, work(signal)).catch(() => {});
        await bench().sees(volumeId, state(3));
        await snapshots.delete(volumeId, ids[1]!, work());
        expect((await bench().info(volumeId)).snapshotIds).toEqual([ids[0], ids[2]]);
        await bench().sees(volumeId, state(3));
        await snapshots.revert(volumeId, ids[2]!);
        await bench().sees(volumeId, state(2));
      }),
    );

    test(
      "several are deleted at once",
      withSnapshots(async (snapshots) => {
        const { volumeId, ids, state } = await history(4);
        await Promise.all([0, 1, 3].map((i) => snapshots.delete(volumeId, ids[i]!, work())));
        expect((await bench().info(volumeId)).snapshotIds).toEqual([ids[2]]);
        await bench().sees(volumeId, state(4));
        await snapshots.revert(volumeId, ids[2]!);
        await bench().sees(volumeId, state(2));
      }),
    );
  });
}
