import { create } from "@bufbuild/protobuf";
import { SnapshotSchema } from "@limiquantix/api";
import { expect, test } from "vitest";
import { snapshotTree, type SnapshotBranch } from "./snapshot-tree.ts";

const snapshot = (id: string, parentId = "") => create(SnapshotSchema, { id, parentId, name: id });

const drawn = (branches: readonly SnapshotBranch[]): string =>
  branches
    .map(({ snapshot, children, current }) => {
      const below = drawn(children);
      return `${snapshot.name}${current ? "*" : ""}${below && `(${below})`}`;
    })
    .join(" ");

test("children stand below their parents, older ones first, and where the VM is is marked", () => {
  const all = [snapshot("4", "1"), snapshot("2", "1"), snapshot("1"), snapshot("3", "2")];
  expect(drawn(snapshotTree(all, "3"))).toBe("1(2(3*) 4)");
});

test("one whose parent is gone begins a tree of its own, and nothing is told twice", () => {
  expect(drawn(snapshotTree([snapshot("2", "gone"), snapshot("1"), snapshot("3", "3")], ""))).toBe("1 2 3");
  expect(drawn(snapshotTree([], "1"))).toBe("");
});
