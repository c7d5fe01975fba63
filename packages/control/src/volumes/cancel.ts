import { problem, Reason } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Cancellers } from "../tasks/service.ts";
import { endTask } from "../tasks/task.ts";
import { volumes } from "../tables.ts";
import { recycleVolume } from "./recycle.ts";
import { changeVolume, isMade, volumeStatus } from "./volume.ts";

/** What it means to call off a task on a volume: what was to be made is done away with. */
export function volumeCancellers(clock: Clock): Cancellers {
  const undo: Cancellers[string] = (tx, task) => {
    const volume = tx.find(volumes, task.target?.id ?? "");
    if (volume && !volume.deletedAt && !isMade(volume)) recycleVolume(tx, clock, volume.id, 0);
  };
  return {
    "volume.create": undo,
    "volume.clone": undo,
    /** It stays where it was, and what was copied so far goes: the way back, which is done as soon as it begins. */
    "volume.move"(tx, task, call) {
      const volume = tx.find(volumes, task.target?.id ?? "");
      const from = volume?.status?.movingFromPoolId;
      if (!volume || !from || (volume.status?.observedGeneration ?? 0n) >= volume.generation) return;
      changeVolume(tx, clock, volume.id, (copy) => {
        const target = copy.spec?.storagePoolId ?? "";
        copy.generation += 1n;
        if (copy.spec) copy.spec.storagePoolId = from;
        // The copy counts as what is left: it has arrived where it was.
        Object.assign(volumeStatus(copy), { movingFromPoolId: target, observedGeneration: copy.generation });
      });
      endTask(tx, clock, task.id, {
        state: "CANCELLED",
        problem: problem(Reason.CANCELLED, { who: call.principal.name }),
      });
    },
  };
}
