import { create } from "@bufbuild/protobuf";
import {
  ListSnapshotsResponseSchema,
  type ListSnapshotsRequest,
  type ListSnapshotsResponse,
  type Snapshot,
} from "@limiquantix/api";
import type { Database } from "../../store/database.ts";
import { snapshots, vms } from "../../tables.ts";

export function listSnapshots(db: Database, { vmId }: ListSnapshotsRequest): ListSnapshotsResponse {
  const { currentSnapshotId } = db.get(vms, vmId);
  return create(ListSnapshotsResponseSchema, {
    snapshots: parentsFirst(db.by(snapshots, "vm", vmId)),
    currentSnapshotId,
  });
}

/** Children are younger than their parents, but for what a clock that was set back did. */
function parentsFirst(all: readonly Snapshot[]): Snapshot[] {
  const ids = new Set(all.map(({ id }) => id));
  const sorted: Snapshot[] = [];
  const add = (parentId: string) => {
    for (const snapshot of all) {
      const parent = ids.has(snapshot.parentId) ? snapshot.parentId : "";
      if (parent !== parentId) continue;
      sorted.push(snapshot);
      add(snapshot.id);
    }
  };
  add("");
  return sorted;
}
