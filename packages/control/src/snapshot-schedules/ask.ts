import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { isProblem, problem, Reason, type Problem } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { refuseFull } from "../pools/fullness.ts";
import { takeSnapshot } from "../snapshots/take.ts";
import type { Transaction } from "../store/database.ts";
import { pools, schedules, vms } from "../tables.ts";
import { checkAction, vmCan } from "../vms/vm.ts";
import { snapshotName, specOf } from "./schedule.ts";
import { scheduledSnapshots } from "./table.ts";

/** How often a VM is tried that its host is just changing, and how long after each other. */
const mostTries = 5;
const againAfterMs = 30_000;

/**
 * Wants the snapshot of one VM taken as CreateSnapshot does, and notes that in its row: both or neither. What refuses is
 * noted too, and not asked again but where the VM is only busy.
 */
export function askForSnapshot(tx: Transaction, clock: Clock, rowId: string): void {
  const row = tx.find(scheduledSnapshots, rowId);
  const schedule = row && tx.find(schedules, row.scheduleId);
  if (!schedule || row.done || row.snapshotId) return;
  const vm = tx.find(vms, row.vmId);
  if (!vm || vm.deletion) {
    const gone = problem(Reason.NOT_FOUND, { kind: "VM", id: row.vmName });
    return endWithout(tx, rowId, gone, true);
  }
  const spec = specOf(schedule);
  const instant = row.scheduledFor ? timestampMs(row.scheduledFor) : clock.now();
  try {
    checkAction(vm, "snapshot");
    for (const { storagePoolId } of vm.spec?.disks ?? []) {
      const pool = tx.find(pools, storagePoolId);
      if (pool) refuseFull(pool);
    }
    const { snapshot } = takeSnapshot(tx, clock, vm, {
      name: snapshotName(schedule, instant),
      includeMemory: spec.includeMemory && vmCan(vm, "snapshot with memory"),
      quiesce: spec.quiesce,
      schedule: { id: schedule.id, name: schedule.name, instant },
    });
    tx.update(scheduledSnapshots, rowId, (copy) => void (copy.snapshotId = snapshot.id));
  } catch (error) {
    // It is thrown before anything is written.
    if (!isProblem(error)) throw error;
    if (error.reason !== Reason.IN_USE || row.tries + 1 >= mostTries) return endWithout(tx, rowId, error, false);
    tx.update(scheduledSnapshots, rowId, (copy) => {
      copy.tries++;
      copy.againAt = timestampFromMs(clock.now() + againAfterMs);
    });
  }
}

/** It ends without a snapshot. */
export function endWithout(tx: Transaction, rowId: string, { reason, message }: Problem, skipped: boolean): void {
  tx.update(scheduledSnapshots, rowId, (copy) => void Object.assign(copy, { done: true, skipped, reason, message }));
}
