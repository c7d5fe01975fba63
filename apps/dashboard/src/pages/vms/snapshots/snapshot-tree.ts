import type { Snapshot } from "@limiquantix/api";

export interface SnapshotBranch {
  snapshot: Snapshot;
  children: SnapshotBranch[];
  /** The VM goes on from it. */
  current: boolean;
}

/**
 * The snapshots as they were taken one after the other, oldest first; one whose parent is gone or not seen begins a tree
 * of its own.
 */
export function snapshotTree(all: readonly Snapshot[], currentId: string): SnapshotBranch[] {
  const ids = new Set(all.map(({ id }) => id));
  const byParent = Map.groupBy(
    // Ids are in the order of time (UUIDv7).
    all.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    ({ id, parentId }) => (parentId !== id && ids.has(parentId) ? parentId : ""),
  );
  const branches = (parentId: string): SnapshotBranch[] =>
    (byParent.get(parentId) ?? []).map((snapshot) => ({
      snapshot,
      children: branches(snapshot.id),
      current: snapshot.id === currentId,
    }));
  return branches("");
}
