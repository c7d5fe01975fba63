import { create } from "@bufbuild/protobuf";
import type { Task, VirtualMachine, Volume } from "@limiquantix/api";
import { VmPurgeRowSchema } from "@limiquantix/api/rows";
import type { Clock } from "@limiquantix/kit";
import type { Call } from "../rpc/call.ts";
import type { Transaction } from "../store/database.ts";
import { table } from "../store/table.ts";
import { tasks } from "../tables.ts";
import { endTask, openTask, progressTask } from "../tasks/task.ts";
import { vmRef } from "../vms/vm.ts";

/** By task: which volumes of a VM that was deleted for good are still there. */
export const vmPurges = table({
  kind: "vm-purge",
  schema: VmPurgeRowSchema,
  memberships: { volume: ({ volumeIds }) => volumeIds },
});

/** A task that ends when the last of these volumes is gone; where there is none, it has ended already. */
export function openPurgeTask(
  tx: Transaction,
  purge: { clock: Clock; call: Call; vm: VirtualMachine; volumes: readonly Volume[] },
): Task {
  const { clock, call, vm } = purge;
  const volumeIds = purge.volumes.map(({ id }) => id);
  const task = openTask(tx, { clock, call, kind: "vm.purge", target: vmRef(vm), steps: ["volumes"] });
  if (volumeIds.length > 0) {
    tx.insert(vmPurges, create(VmPurgeRowSchema, { id: task.id, volumeIds, volumeCount: volumeIds.length }));
  } else endTask(tx, clock, task.id, { state: "SUCCEEDED" });
  return tx.get(tasks, task.id);
}

/** A volume's row goes: the task that waited for it comes nearer to its end. */
export function notePurged(tx: Transaction, clock: Clock, volume: Volume): void {
  for (const { id } of tx.by(vmPurges, "volume", volume.id)) {
    const { volumeIds, volumeCount } = tx.update(vmPurges, id, (row) => {
      row.volumeIds = row.volumeIds.filter((one) => one !== volume.id);
    });
    if (volumeIds.length === 0) {
      tx.delete(vmPurges, id);
      endTask(tx, clock, id, { state: "SUCCEEDED" });
      continue;
    }
    const percent = (100 * (volumeCount - volumeIds.length)) / volumeCount;
    const message = `${volumeIds.length} of ${volumeCount} are still there`;
    if (!tx.find(tasks, id)) continue;
    tx.update(tasks, id, (task) =>
      progressTask(task, clock.now(), { step: "volumes", stepPercent: Math.floor(percent), percent, message }),
    );
  }
}
