import { durationMs, timestampFromMs, type Duration } from "@bufbuild/protobuf/wkt";
import { invalid, type Volume } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Transaction } from "../store/database.ts";
import { recycledVms } from "../recycle-bin/table.ts";
import { volumes } from "../tables.ts";
import { changeVolume, deleteVolumeRow, freePhase, isMade, volumeStatus } from "./volume.ts";

/** How long what is deleted can be brought back, where nobody says otherwise. */
export const defaultKeepMs = 24 * 3600 * 1000;
const longestMs = 10 * 365 * 24 * 3600 * 1000;

/** How long a request keeps what it deletes, in milliseconds. Throws INVALID_REQUEST. */
export function keepMsOf({ keepFor }: { keepFor?: Duration | undefined }): number {
  if (!keepFor) return defaultKeepMs;
  const ms = durationMs(keepFor);
  if (ms >= 0 && ms <= longestMs) return ms;
  throw invalid([{ field: "keepFor", message: "must be from nothing to ten years" }]);
}

/** Puts a volume into the recycle bin, or to its end where there is nothing to keep; one that a VM has, as soon as it has not. */
export function recycleVolume(tx: Transaction, clock: Clock, id: string, keepMs: number): Volume {
  return changeVolume(tx, clock, id, (volume) => {
    const now = clock.now();
    volume.deletedAt ??= timestampFromMs(now);
    volume.purgeAt = timestampFromMs(isMade(volume) ? now + keepMs : now);
    volume.generation += 1n;
    const status = volumeStatus(volume);
    if (!status.attachedVmId) status.phase = freePhase(volume, now);
  });
}

/** Its VM has it no longer: it is free, or in the recycle bin; what was never made is done away with. */
export function releaseVolume(tx: Transaction, clock: Clock, id: string): Volume {
  return changeVolume(tx, clock, id, (volume) => {
    const now = clock.now();
    const status = volumeStatus(volume);
    Object.assign(status, { attachedVmId: "", diskId: "", errorMessage: "" });
    if (!isMade(volume)) {
      volume.deletedAt ??= timestampFromMs(now);
      volume.purgeAt = timestampFromMs(now);
    }
    status.phase = freePhase(volume, now);
    volume.generation += 1n;
    if (isMade(volume)) status.observedGeneration = volume.generation;
  });
}

/** What a VM that is to be deleted has is to go with it. */
export function recycleVolumesOf(tx: Transaction, clock: Clock, vmId: string, keepMs: number): void {
  for (const { id, deletedAt } of tx.by(volumes, "vm", vmId)) if (!deletedAt) recycleVolume(tx, clock, id, keepMs);
}

/** The VM is gone from its host. In the recycle bin it keeps them. */
export function releaseVolumesOf(tx: Transaction, clock: Clock, vmId: string): void {
  if (tx.find(recycledVms, vmId)) return;
  for (const { id } of tx.by(volumes, "vm", vmId)) releaseVolume(tx, clock, id);
}

/** The VM stays on its host with its disks, and neither is ours any more. */
export function forgetVolumesOf(tx: Transaction, vmId: string): void {
  for (const volume of tx.by(volumes, "vm", vmId)) deleteVolumeRow(tx, volume);
}
