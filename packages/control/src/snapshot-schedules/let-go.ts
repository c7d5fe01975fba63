import { isProblem, Snapshot_Phase, type Problem, type SnapshotSchedule } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { orderDeletion } from "../snapshots/order-deletion.ts";
import type { Transaction } from "../store/database.ts";
import { snapshots, vms } from "../tables.ts";
import { expired } from "./retention.ts";
import { specOf } from "./schedule.ts";

/**
 * Has those of the schedule's snapshots of a VM deleted that it keeps no longer; never one that is a person's. What cannot
 * go, for it is in use, stays until the next run tries again.
 */
export function letGo(
  tx: Transaction,
  clock: Clock,
  schedule: SnapshotSchedule,
  vmId: string,
): { gone: number; stays: Problem[] } {
  const vm = tx.find(vms, vmId);
  const stays: Problem[] = [];
  if (!vm || vm.deletion) return { gone: 0, stays };
  const own = tx
    .by(snapshots, "vm", vmId)
    .filter(({ scheduleId, phase }) => scheduleId === schedule.id && isWhole(phase));
  let gone = 0;
  for (const snapshot of expired(own, specOf(schedule), clock.now())) {
    try {
      orderDeletion(tx, clock, vm, snapshot);
      gone++;
    } catch (error) {
      // It is thrown before anything is written.
      if (!isProblem(error)) throw error;
      stays.push(error);
    }
  }
  return { gone, stays };
}

function isWhole(phase: Snapshot_Phase): boolean {
  return phase === Snapshot_Phase.READY || phase === Snapshot_Phase.ERROR;
}
