import { clone, create, equals } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  problem,
  Reason,
  VolumeSchema,
  VolumeStatus_Phase,
  VolumeStatusSchema,
  type StoragePool,
  type VirtualMachine,
  type Volume,
  type VolumeSource,
  type VolumeSpec_Provisioning,
  type VolumeStatus,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { dropGrantsOn } from "../access/drop-grants.ts";
import { notFound } from "../access/access.ts";
import type { Subject } from "../events/event.ts";
import { isOfHost, isShared } from "../pools/pool.ts";
import { chargeVolume } from "../projects/usage.ts";
import { notePurged } from "../recycle-bin/purge-task.ts";
import type { Transaction } from "../store/database.ts";
import { pools, snapshots, vms, volumes } from "../tables.ts";
import { addHolder, isSharedVolume, vmsOf } from "./attachment.ts";

/*
 *   CreateVolume ──▶ PENDING ──a host made it──▶ READY ──AttachVolume──▶ ATTACHED
 *                       │ failed                 ▲ │ ▲ ◀──DetachVolume────┘
 *                       ▼                        │ │ └─── RESIZING, MOVING
 *                     ERROR ──DeleteVolume──▶ RECYCLED ──its time is over──▶ DELETING ──a host deleted it──▶ (gone)
 *
 * While VMs have it, their hosts alone do anything to it, by the VMs' orders; one that is to go with its VM has its deletion
 * date already then. All others are the reconciler's. A shared one stays ATTACHED until the last VM lets go of it, and never
 * goes with a VM.
 */

export interface NewVolume {
  id: string;
  name: string;
  projectId: string;
  labels?: Record<string, string>;
  description?: string;
  pool: { id: string };
  sizeBytes: bigint;
  provisioning: VolumeSpec_Provisioning;
  source: VolumeSource | undefined;
  createdBy: string;
  /** The host that is to make it, where its pool is not shared. */
  nodeId: string;
  attachedTo?: { vmId: string; diskId: string };
  /** For several VMs at the same time. */
  shared?: boolean;
}

/** Inserts a volume that is still to be made. Throws QUOTA_EXCEEDED. */
export function insertVolume(tx: Transaction, clock: Clock, wanted: NewVolume): Volume {
  const { pool, sizeBytes, provisioning, source, nodeId, attachedTo, shared = false } = wanted;
  const { id, name, projectId, labels = {}, description = "", createdBy } = wanted;
  const now = timestampFromMs(clock.now());
  const volume = create(VolumeSchema, {
    id,
    name,
    projectId,
    labels,
    description,
    createdBy,
    spec: { storagePoolId: pool.id, sizeBytes, provisioning, shared, ...(source ? { source } : {}) },
    status: { phase: VolumeStatus_Phase.PENDING, nodeId },
    createdAt: now,
    updatedAt: now,
    generation: 1n,
  });
  if (attachedTo) addHolder(volume, attachedTo);
  chargeVolume(tx, undefined, volume, { check: true });
  tx.insert(volumes, volume);
  return volume;
}

/** The one way to change a volume's row: keeps its project's account of it. Nothing is written where nothing changes. */
export function changeVolume(tx: Transaction, clock: Clock, id: string, change: (volume: Volume) => void): Volume {
  const before = tx.get(volumes, id);
  const after = clone(VolumeSchema, before);
  change(after);
  if (equals(VolumeSchema, before, after)) return before;
  chargeVolume(tx, before, after, { check: true });
  after.updatedAt = timestampFromMs(clock.now());
  return tx.update(volumes, id, (copy) => void Object.assign(copy, after));
}

/** Its project gets back what it held; what is in its pool is not touched. */
export function deleteVolumeRow(tx: Transaction, clock: Clock, volume: Volume): void {
  chargeVolume(tx, volume, undefined, { check: false });
  dropGrantsOn(tx, "volume", volume.id);
  tx.delete(volumes, volume.id);
  notePurged(tx, clock, volume);
}

export function volumeStatus(volume: Volume): VolumeStatus {
  return (volume.status ??= create(VolumeStatusSchema));
}

/** A host has made it: there is something to keep. */
export function isMade(volume: Volume): boolean {
  return (volume.status?.observedGeneration ?? 0n) > 0n;
}

export function isPurgeDue(volume: Volume, now: number): boolean {
  return volume.deletedAt !== undefined && (!volume.purgeAt || timestampMs(volume.purgeAt) <= now);
}

export function phaseName(volume: Volume): string {
  return VolumeStatus_Phase[volume.status?.phase ?? VolumeStatus_Phase.UNKNOWN];
}

/** What people see of one that no VM has and that nothing is wrong with. */
export function freePhase(volume: Volume, now: number): VolumeStatus_Phase {
  const { PENDING, READY, RESIZING, MOVING, DELETING, RECYCLED } = VolumeStatus_Phase;
  if (volume.deletedAt) return isPurgeDue(volume, now) ? DELETING : RECYCLED;
  if (!isMade(volume)) return PENDING;
  if (volume.status?.movingFromPoolId) return MOVING;
  return (volume.spec?.sizeBytes ?? 0n) > (volume.status?.sizeBytes ?? 0n) ? RESIZING : READY;
}

/** Throws NOT_FOUND for one that is gone from all but its name, VOLUME_WRONG_STATE unless it is READY. */
export function requireReady(volume: Volume): void {
  if (volume.status?.phase === VolumeStatus_Phase.READY && !volume.status.attachedVmId && !volume.deletedAt) return;
  const state = volume.status?.attachedVmId ? "attached to a VM" : phaseName(volume);
  throw problem(Reason.VOLUME_WRONG_STATE, { volume: volume.name, state, wanted: "READY" });
}

/** A shared one need not be free to be attached. Throws VOLUME_WRONG_STATE. */
export function requireAttachable(volume: Volume): void {
  const attached = volume.status?.phase === VolumeStatus_Phase.ATTACHED && !volume.deletedAt;
  if (!(isSharedVolume(volume) && attached)) requireReady(volume);
}

/** Throws VOLUME_IS_SHARED while VMs share it: what cannot be done under several guests at once. */
export function requireUnshared(tx: Pick<Transaction, "find">, volume: Volume, what: string): void {
  const holders = isSharedVolume(volume) ? vmsOf(volume) : [];
  if (holders.length === 0) return;
  const names = holders.map((id) => tx.find(vms, id)?.name ?? id).join(", ");
  throw problem(Reason.VOLUME_IS_SHARED, { volume: volume.name, vms: names, what });
}

/** Throws VM_HAS_SHARED_DISK: `what` takes an instant of all disks, or has them to itself. */
export function requireNoSharedDisk(tx: Pick<Transaction, "find">, vm: VirtualMachine, what: string): void {
  const disks = vm.spec?.disks ?? [];
  const at = disks.findIndex((disk) => disk.shared);
  const volumeId = disks[at]?.volumeId;
  if (volumeId === undefined) return;
  const volume = tx.find(volumes, volumeId)?.name ?? volumeId;
  throw problem(Reason.VM_HAS_SHARED_DISK, { vm: vm.name, disk: String(at + 1), volume, what });
}

/** Throws VOLUME_WRONG_STATE while another volume is made of this one. */
export function requireNotRead(tx: Pick<Transaction, "by">, volume: Volume): void {
  if (!tx.by(volumes, "copied", volume.id).some((copy) => !copy.deletedAt)) return;
  throw problem(Reason.VOLUME_WRONG_STATE, { volume: volume.name, state: "being copied", wanted: "left alone" });
}

/** Throws VOLUME_HAS_SNAPSHOTS while its VM has any that it is in. */
export function requireNoSnapshots(tx: Pick<Transaction, "by">, volume: Volume): void {
  const count = tx
    .by(snapshots, "vm", volume.status?.attachedVmId ?? "")
    .filter(({ disks }) => disks.some(({ volumeId }) => volumeId === volume.id)).length;
  if (count > 0) throw problem(Reason.VOLUME_HAS_SNAPSHOTS, { volume: volume.name, count: String(count) });
}

/** Throws VOLUME_WRONG_STATE while its VM's host copies it to another pool: which copy is the right one, only that host knows. */
export function requireNotMoving(volume: Volume): void {
  if (!volume.status?.movingFromPoolId) return;
  throw problem(Reason.VOLUME_WRONG_STATE, { volume: volume.name, state: "MOVING", wanted: "where it is to be" });
}

/** A pool that disks can be put into. Throws NOT_FOUND. */
export function livePool(tx: Pick<Transaction, "find">, id: string): StoragePool {
  const pool = tx.find(pools, id);
  if (!pool || pool.deletedAt) throw notFound({ kind: "pool", id });
  return pool;
}

/** The one host whose disks hold the volume; empty where its pool is shared, or nobody has made it yet. */
export function homeOf(pool: StoragePool | undefined, nodeId: string): string {
  if (!pool || isShared(pool)) return "";
  return isOfHost(pool) ? (pool.spec?.assignedNodeIds[0] ?? "") : nodeId;
}

export function volumeRef(volume: Volume): Subject {
  return { kind: "volume", id: volume.id, name: volume.name, projectId: volume.projectId };
}
