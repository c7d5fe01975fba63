import { Snapshot_Phase, type Snapshot } from "@limiquantix/api";
import type { Transaction } from "../store/database.ts";
import { vms } from "../tables.ts";
import { isReverting } from "./snapshot.ts";
import { isNeeded } from "./taken.ts";

export type SnapshotPlan =
  | "nothing"
  /** For the host to come back. */
  | "wait"
  | "take"
  | "delete"
  /** It was taken for a clone that needs it no longer. */
  | "release"
  /** Nobody can be asked, and nothing is left that could be reached. */
  | "forget";

/** The next thing to do about a snapshot, and all that its reconciler decides by. */
export function planSnapshot(
  db: Pick<Transaction, "find" | "by">,
  snapshot: Snapshot,
  host: "reachable" | "unreachable" | "gone",
): SnapshotPlan {
  const { CREATING, READY, DELETING, ERROR } = Snapshot_Phase;
  const vm = db.find(vms, snapshot.vmId);
  const { phase } = snapshot;
  // What is to go with its VM, goes with it.
  if (vm?.deletion) return "nothing";
  if ((phase === CREATING || phase === READY) && !isNeeded(db, snapshot)) return "release";
  if (phase === READY || phase === ERROR) return "nothing";
  if (host === "gone") return vm ? "nothing" : "forget";
  if (host === "unreachable") return "wait";
  if (phase === CREATING) return "take";
  // On its way back to a snapshot, layers come and go under it; its row tells when that is over.
  return phase === DELETING && !(vm && isReverting(vm)) ? "delete" : "nothing";
}
