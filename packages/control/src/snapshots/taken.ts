import { problem, Reason, Snapshot_Phase, type Snapshot } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Transaction } from "../store/database.ts";
import { snapshots, vms } from "../tables.ts";
import { holdersOf } from "./holders.ts";
import { undoSnapshot } from "./outcome.ts";
import { changeSnapshot } from "./snapshot.ts";

/*
 * Snapshots that the control plane takes to clone from. Nothing of its own says how long one is needed, which a crash could
 * leave behind: the rows of the volumes that are made of it do.
 */

/** Somebody wants the snapshot: people, disks that are or will be made of it, or a template whose clones are over it. */
export function isNeeded(db: Pick<Transaction, "find" | "by">, snapshot: Snapshot): boolean {
  const { takenForVmId, vmId } = snapshot;
  if (!takenForVmId) return true;
  if (takenForVmId === vmId && db.find(vms, vmId)?.isTemplate) return true;
  return holdersOf(db, snapshot).length > 0;
}

/** Wants it deleted if nobody needs it. */
export function releaseTaken(tx: Transaction, clock: Clock, id: string): void {
  const snapshot = tx.find(snapshots, id);
  if (!snapshot || isNeeded(tx, snapshot)) return;
  if (snapshot.phase === Snapshot_Phase.CREATING) {
    undoSnapshot(tx, clock, snapshot, problem(Reason.SUPERSEDED, { by: "nobody needs it any more" }));
  } else if (snapshot.phase === Snapshot_Phase.READY) {
    changeSnapshot(tx, clock, id, (copy) => void (copy.phase = Snapshot_Phase.DELETING));
  }
}
