import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  VolumeSchema,
  VolumeSourceSchema,
  VolumeStatus_Phase,
  type VirtualMachine,
  type Volume,
} from "@limiquantix/api";
import type { TombstoneRow } from "@limiquantix/api/rows";
import { GIB, type Clock } from "@limiquantix/kit";
import type { Transaction } from "../store/database.ts";
import { pools, volumes } from "../tables.ts";
import { isAdopted } from "../vms/vm.ts";
import { provisioningOf } from "./follow-vm.ts";
import { homeOf } from "./volume.ts";

/**
 * Rows for the disks of a VM that an older program stored, which had none; not inserted. What is to go, or is gone but for
 * its host, takes its volumes with it, as it did then.
 */
export function volumesOf(
  tx: Pick<Transaction, "find">,
  clock: Clock,
  holder: VirtualMachine | TombstoneRow,
): Volume[] {
  const { id: vmId, name, projectId, spec } = holder;
  const vm = holder.$typeName === "limiquantix.compute.v1.VirtualMachine" ? holder : undefined;
  if (vm && (!vm.isManaged || isAdopted(vm))) return [];
  const keeps = vm ? vm.deletion?.keepOnHost : (holder as TombstoneRow).keepOnHost;
  if (keeps) return [];
  const made = !vm || (vm.status?.observedGeneration ?? 0n) > 0n;
  const nodeId = vm?.status?.nodeId ?? (holder as TombstoneRow).nodeId ?? "";
  const now = timestampFromMs(clock.now());
  return (spec?.disks ?? []).flatMap((disk, i) => {
    if (!disk.volumeId || tx.find(volumes, disk.volumeId)) return [];
    const sizeBytes = disk.sizeGib * BigInt(GIB);
    const source = disk.imageId
      ? { source: create(VolumeSourceSchema, { from: { case: "imageId", value: disk.imageId } }) }
      : {};
    const volume = create(VolumeSchema, {
      id: disk.volumeId,
      name: `${name.slice(0, 54)}-disk-${i + 1}`,
      projectId,
      createdBy: vm?.createdBy ?? "",
      spec: { storagePoolId: disk.storagePoolId, sizeBytes, provisioning: provisioningOf(disk), ...source },
      status: {
        phase: made ? VolumeStatus_Phase.ATTACHED : VolumeStatus_Phase.PENDING,
        attachedVmId: vmId,
        attachedVmIds: [vmId],
        diskId: disk.id,
        sizeBytes: made ? sizeBytes : 0n,
        nodeId: homeOf(tx.find(pools, disk.storagePoolId), nodeId),
        observedGeneration: made ? 1n : 0n,
      },
      createdAt: vm?.createdAt ?? now,
      updatedAt: now,
      generation: 1n,
      ...(!vm || vm.deletion ? { deletedAt: now, purgeAt: now } : {}),
    });
    return [volume];
  });
}
