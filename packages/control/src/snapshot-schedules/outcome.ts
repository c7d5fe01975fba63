import type { Problem, Snapshot } from "@limiquantix/api";
import type { Transaction } from "../store/database.ts";
import { rowIdOf, scheduledSnapshots } from "./table.ts";

/** A snapshot was taken, or came to nothing: where a schedule's run waits for it, that is noted in the same transaction. */
export function noteOutcome(tx: Transaction, { id, vmId, scheduleId }: Snapshot, cause?: Problem): void {
  if (!scheduleId) return;
  const row = tx.find(scheduledSnapshots, rowIdOf(scheduleId, vmId));
  if (row?.snapshotId !== id || row.done) return;
  tx.update(scheduledSnapshots, row.id, (copy) => {
    copy.done = true;
    if (cause) Object.assign(copy, { reason: cause.reason, message: cause.message });
  });
}
