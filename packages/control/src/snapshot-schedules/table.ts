import { ScheduledSnapshotRowSchema } from "@limiquantix/api/rows";
import { table } from "../store/table.ts";

/** What runs of snapshot schedules still want of VMs; a VM is in it once for each schedule at most. */
export const scheduledSnapshots = table({
  kind: "scheduled-snapshot",
  schema: ScheduledSnapshotRowSchema,
  indexes: { schedule: (row) => row.scheduleId },
});

export function rowIdOf(scheduleId: string, vmId: string): string {
  return `${scheduleId}/${vmId}`;
}
