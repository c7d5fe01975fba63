import { VolumeStatus_Phase, type VmSpec } from "@limiquantix/api";
import { GIB } from "@limiquantix/kit";
import type { Transaction } from "../store/database.ts";
import { pools, volumes } from "../tables.ts";

/**
 * The shared disks of a VM that comes back, in place: as their volumes are by now. What is gone, or out of its host's reach,
 * is taken from the spec. `nodeId` is empty where that host is gone. Answers warnings.
 */
export function sharedDisksNow(tx: Pick<Transaction, "find">, spec: VmSpec, nodeId: string): string[] {
  const warnings: string[] = [];
  spec.disks = spec.disks.filter((disk) => {
    if (!disk.shared) return true;
    const volume = tx.find(volumes, disk.volumeId);
    const pool = tx.find(pools, volume?.spec?.storagePoolId ?? "");
    const { READY, ATTACHED } = VolumeStatus_Phase;
    const whole = volume?.status?.phase === READY || volume?.status?.phase === ATTACHED;
    const home = volume?.status?.nodeId ?? "";
    // Where its host is gone, one that reaches all its disks is looked for.
    const reached =
      pool && (nodeId === "" || (pool.spec?.assignedNodeIds.includes(nodeId) && (home === "" || home === nodeId)));
    if (volume?.spec && !volume.deletedAt && whole && reached) {
      disk.storagePoolId = volume.spec.storagePoolId;
      disk.sizeGib = volume.spec.sizeBytes / BigInt(GIB);
      return true;
    }
    const why = volume && !volume.deletedAt ? "cannot be attached now" : "is not there any more";
    warnings.push(`shared volume ${volume?.name ?? disk.volumeId} ${why}: the VM comes back without it`);
    return false;
  });
  return warnings;
}
