import { Snapshot_Phase } from "@limiquantix/api";
import type { Transaction } from "../store/database.ts";
import { snapshots } from "../tables.ts";

/**
 * The VM is gone. What its snapshots keep in its volumes goes with those; the memory that one has, or may have, is a file
 * of its own on a host, which is still to be told.
 */
export function dropSnapshotsOf(tx: Transaction, vmId: string): void {
  for (const { id, memoryNodeId } of tx.by(snapshots, "vm", vmId)) {
    if (memoryNodeId) tx.update(snapshots, id, (copy) => void (copy.phase = Snapshot_Phase.DELETING));
    else tx.delete(snapshots, id);
  }
}
