import { durationMs, timestampFromMs, type Duration } from "@bufbuild/protobuf/wkt";
import { invalid, type Volume } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Transaction } from "../store/database.ts";
import { recycledVms } from "../recycle-bin/table.ts";
import { vms, volumes } from "../tables.ts";
import { dropHolder, isSharedVolume } from "./attachment.ts";
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

/**
 * This VM has it no longer. Once none has, it is free, or in the recycle bin; what was never made is done away with.
 */
export function releaseVolume(tx: Transaction, clock: Clock, id: string, vmId: string): Volume {
  const diskOf = (holder: string) =>
    tx.find(vms, holder)?.spec?.disks.find(({ volumeId }) => volumeId === id)?.id ?? "";
  return changeVolume(tx, clock, id, (volume) => {
    const now = clock.now();
    const status = volumeStatus(volume);
    dropHolder(volume, vmId, diskOf);
    if (status.attachedVmId) return;
    status.errorMessage = "";
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
  for (const { id, deletedAt } of ownVolumesOf(tx, vmId)) if (!deletedAt) recycleVolume(tx, clock, id, keepMs);
}

/** The VM is gone from its host. In the recycle bin it keeps what is its own. */
export function releaseVolumesOf(tx: Transaction, clock: Clock, vmId: string): void {
  const recycled = tx.find(recycledVms, vmId) !== undefined;
  for (const volume of tx.by(volumes, "vm", vmId)) {
    if (!recycled || isSharedVolume(volume)) releaseVolume(tx, clock, volume.id, vmId);
  }
}

/** What goes where the VM goes; shared ones do not. */
export function ownVolumesOf(tx: Pick<Transaction, "by">, vmId: string): Volume[] {
  return tx.by(volumes, "vm", vmId).filter((volume) => !isSharedVolume(volume));
}

/** The VM stays on its host with its disks, and neither is ours any more. */
export function forgetVolumesOf(tx: Transaction, clock: Clock, vmId: string): void {
  for (const volume of tx.by(volumes, "vm", vmId)) deleteVolumeRow(tx, clock, volume);
}
