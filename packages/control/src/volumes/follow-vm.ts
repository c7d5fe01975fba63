import { create } from "@bufbuild/protobuf";
import {
  DiskDevice_ProvisioningKind,
  problem,
  Reason,
  VolumeSourceSchema,
  VolumeSpec_Provisioning,
  VolumeStatus_Phase,
  type DiskDevice,
  type VirtualMachine,
  type Volume,
  type VolumeSource,
} from "@limiquantix/api";
import { GIB, type Clock } from "@limiquantix/kit";
import { requireRoom } from "../pools/fullness.ts";
import type { Transaction } from "../store/database.ts";
import { notFound } from "../access/access.ts";
import { pools, volumes } from "../tables.ts";
import { namedVolumes } from "../snapshots/snapshot.ts";
import { isAdopted } from "../vms/vm.ts";
import { addHolder, isSharedVolume, vmsOf } from "./attachment.ts";
import { releaseVolume } from "./recycle.ts";
import { changeVolume, homeOf, insertVolume, isMade, volumeStatus } from "./volume.ts";

const longestName = 63;

/**
 * Makes the rows of a VM's volumes agree with its own, in the transaction that writes that: a disk without a volume gets
 * one, sizes and pools follow, and what is no disk any more is let go of as soon as the host has taken it out.
 * Throws QUOTA_EXCEEDED, POOL_FULL, IN_USE for a volume that another VM has and that is not shared, and NOT_FOUND for a shared one that is gone.
 */
export function volumesFollow(
  tx: Transaction,
  clock: Clock,
  before: VirtualMachine | undefined,
  after: VirtualMachine,
): void {
  if (!after.isManaged || isAdopted(after) || after.deletion || (before && !concerns(before, after))) return;
  const disks = (after.spec?.disks ?? []).filter(({ volumeId }) => volumeId !== "");
  // What a host had before it came under management takes no room that it did not have.
  const roomIsFor = before === undefined || before.isManaged;
  for (const [i, disk] of disks.entries()) {
    const volume = tx.find(volumes, disk.volumeId);
    if (volume) follow(tx, clock, { vm: after, disk, volume, roomIsFor });
    else add(tx, clock, { vm: after, disk, roomIsFor, number: i + 1 });
  }
  releaseStrays(tx, clock, after);
}

/**
 * Lets go of volumes that are no disks of the VM any more, once its host has let go of them. What a snapshot of it names
 * stays its own: it may go back there.
 */
export function releaseStrays(tx: Transaction, clock: Clock, vm: VirtualMachine): void {
  if (vm.deletion || !isOutOf(vm)) return;
  const named = namedVolumes(tx, vm.id);
  const isDisk = (id: string) => vm.spec?.disks.some(({ volumeId }) => volumeId === id) ?? false;
  for (const { id } of tx.by(volumes, "vm", vm.id)) {
    if (!isDisk(id) && !named.has(id)) releaseVolume(tx, clock, id, vm.id);
  }
}

function concerns(before: VirtualMachine, after: VirtualMachine): boolean {
  const [was, is] = [before.status, after.status];
  return (
    before.generation !== after.generation ||
    before.isManaged !== after.isManaged ||
    was?.observedGeneration !== is?.observedGeneration ||
    was?.failedGeneration !== is?.failedGeneration ||
    was?.nodeId !== is?.nodeId ||
    was?.needsRestart.join() !== is?.needsRestart.join()
  );
}

/** The host has done all that is wanted, and no guest holds on to a disk that was taken from it. */
function isOutOf({ generation, status }: VirtualMachine): boolean {
  if ((status?.observedGeneration ?? 0n) < generation) return false;
  return !status?.needsRestart.some((path) => /^disks\[\d+\]$/.test(path));
}

interface Followed {
  vm: VirtualMachine;
  disk: DiskDevice;
  roomIsFor: boolean;
}

function add(tx: Transaction, clock: Clock, { vm, disk, roomIsFor, number }: Followed & { number: number }): void {
  // A volume of its own under this name would not be what the other VMs write.
  if (disk.shared) throw notFound({ kind: "volume", id: disk.volumeId });
  const pool = tx.find(pools, disk.storagePoolId);
  const sizeBytes = disk.sizeGib * BigInt(GIB);
  const provisioning = provisioningOf(disk);
  if (pool && roomIsFor) requireRoom(tx, pool, { bytes: sizeBytes, provisioning });
  const ending = `-disk-${number}`;
  const volume = insertVolume(tx, clock, {
    id: disk.volumeId,
    name: `${vm.name.slice(0, longestName - ending.length)}${ending}`,
    projectId: vm.projectId,
    pool: { id: disk.storagePoolId },
    sizeBytes,
    provisioning,
    source: sourceOf(disk),
    createdBy: vm.createdBy,
    nodeId: homeOf(pool, vm.status?.nodeId ?? ""),
    attachedTo: { vmId: vm.id, diskId: disk.id },
  });
  changeVolume(tx, clock, volume.id, (copy) => settle(copy, vm));
}

function follow(tx: Transaction, clock: Clock, { vm, disk, volume, roomIsFor }: Followed & { volume: Volume }): void {
  const holders = vmsOf(volume);
  if (!isSharedVolume(volume) && holders.some((id) => id !== vm.id)) {
    throw problem(Reason.IN_USE, { kind: "volume", name: volume.name, by: "another VM has it" });
  }
  const pool = tx.find(pools, disk.storagePoolId);
  const sizeBytes = disk.sizeGib * BigInt(GIB);
  // Back to where it came from, it takes no room that it did not have.
  const returns = volume.status?.movingFromPoolId === disk.storagePoolId;
  const moves = volume.spec?.storagePoolId !== disk.storagePoolId;
  const grown = sizeBytes - (volume.spec?.sizeBytes ?? 0n);
  const provisioning = volume.spec?.provisioning ?? VolumeSpec_Provisioning.THIN;
  if (pool && roomIsFor && !returns) requireRoom(tx, pool, { bytes: moves ? sizeBytes : grown, provisioning });
  changeVolume(tx, clock, volume.id, (copy) => {
    const status = volumeStatus(copy);
    const attached = holders.includes(vm.id);
    addHolder(copy, { vmId: vm.id, diskId: disk.id });
    status.movingFromPoolId = disk.movingFromPoolId;
    status.nodeId = homeOf(pool, vm.status?.nodeId ?? "");
    if (!attached || moves || grown !== 0n) copy.generation += 1n;
    if (copy.spec) Object.assign(copy.spec, { storagePoolId: disk.storagePoolId, sizeBytes });
    if (!attached) Object.assign(copy, { deletedAt: undefined, purgeAt: undefined });
    settle(copy, vm);
  });
}

/** What is known of a volume by what its VM's host has done. */
function settle(volume: Volume, vm: VirtualMachine): void {
  const { PENDING, ATTACHED, RESIZING, MOVING, ERROR } = VolumeStatus_Phase;
  const status = volumeStatus(volume);
  const { observedGeneration = 0n, failedGeneration = 0n, errorMessage = "" } = vm.status ?? {};
  const sizeBytes = volume.spec?.sizeBytes ?? 0n;
  if (observedGeneration >= vm.generation) {
    Object.assign(status, { phase: ATTACHED, sizeBytes, observedGeneration: volume.generation, errorMessage: "" });
    return;
  }
  const failed = failedGeneration >= vm.generation;
  status.errorMessage = failed && volume.generation > status.observedGeneration ? errorMessage : "";
  if (!isMade(volume)) status.phase = failed ? ERROR : PENDING;
  else if (status.movingFromPoolId) status.phase = MOVING;
  else status.phase = sizeBytes > status.sizeBytes ? RESIZING : ATTACHED;
}

export function provisioningOf({ provisioning }: DiskDevice): VolumeSpec_Provisioning {
  const { THIN, PROVISIONING_UNKNOWN } = DiskDevice_ProvisioningKind;
  return provisioning === THIN || provisioning === PROVISIONING_UNKNOWN
    ? VolumeSpec_Provisioning.THIN
    : VolumeSpec_Provisioning.THICK;
}

function sourceOf(disk: DiskDevice): VolumeSource | undefined {
  const { sourceVolumeId: volumeId, sourceSnapshotId: snapshotId, sourceLinked: linked, imageId } = disk;
  if (volumeId && snapshotId) {
    return create(VolumeSourceSchema, { from: { case: "snapshot", value: { volumeId, snapshotId, linked } } });
  }
  if (volumeId) return create(VolumeSourceSchema, { from: { case: "volumeId", value: volumeId } });
  return imageId ? create(VolumeSourceSchema, { from: { case: "imageId", value: imageId } }) : undefined;
}
