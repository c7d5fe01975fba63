import { GIB } from "@limiquantix/kit";
import type { DiskDevice } from "@limiquantix/api";
import { sourceName } from "../ports/disk-source.ts";
import type { Hypervisor } from "../ports/hypervisor.ts";
import type { SnapshotWork, VolumeBackend } from "../ports/volume-backend.ts";
import { isUp } from "./plan-vm.ts";

export interface DiskMove {
  vmId: string;
  disk: DiskDevice;
  thick: boolean;
  from: VolumeBackend;
  to: VolumeBackend;
  hypervisor: Hypervisor;
}

/**
 * Copies a disk into its new pool, while the guest writes it if one runs. Afterwards the running guest uses the copy, or the
 * definition is to be given it; the old one stays. What the definition names tells whether a copy that is there was used
 * already: one that was not, and that the hypervisor is not busy with, is begun anew, for nobody knows if it is whole.
 */
export async function moveDisk(move: DiskMove, work: SnapshotWork): Promise<void> {
  const { vmId, disk, from, to, hypervisor } = move;
  const { volumeId } = disk;
  if (await hasArrived(move)) return;
  const running = await runs(move);
  if (!(await isUnderWay(move, to))) await discardCopy(move);
  const request = { volumeId, sizeBytes: Number(disk.sizeGib) * GIB, thick: move.thick, ...work };
  try {
    if (!running) {
      const source = await from.attach(volumeId);
      await to.ensureVolume({ ...request, from: { kind: "source", source } });
      return;
    }
    // As large as the old one is: it may have been grown to less, or more, than the spec says.
    const old = await from.findVolume(volumeId);
    await to.ensureVolume({ ...request, sizeBytes: old?.sizeBytes ?? request.sizeBytes });
    await hypervisor.disks.copy(vmId, { disk, to: await to.attach(volumeId) }, work);
    // Now the guest has it open.
    await to.attach(volumeId);
  } catch (cause) {
    await discardUnused(move);
    throw cause;
  }
}

/** Deletes what the disk was moved from, if it has arrived. */
export async function deleteOldCopy(move: DiskMove): Promise<void> {
  if (!(await move.from.findVolume(move.disk.volumeId))) return;
  if (!(await hasArrived(move))) throw new Error(`disk ${move.disk.id} has not arrived in pool ${move.to.pool}`);
  // A move that was called off while no daemon was there goes on in the emulator.
  if (await isUnderWay(move, move.from)) await move.hypervisor.disks.endCopy(move.vmId, move.disk);
  await move.from.detach(move.disk.volumeId);
  await move.from.deleteVolume(move.disk.volumeId);
}

async function hasArrived({ vmId, disk, from, to, hypervisor }: DiskMove): Promise<boolean> {
  if (!(await to.findVolume(disk.volumeId))) return false;
  if (!(await from.findVolume(disk.volumeId))) return true;
  const named = (await hypervisor.find(vmId))?.sources.get(disk.id);
  return named !== undefined && named === sourceName(await to.attach(disk.volumeId));
}

/** A guest that is up is having the disk copied to its volume in this pool. */
async function isUnderWay(move: DiskMove, pool: VolumeBackend): Promise<boolean> {
  const { disk, vmId, hypervisor } = move;
  if (!(await runs(move)) || !(await pool.findVolume(disk.volumeId))) return false;
  const target = await hypervisor.disks.copying(vmId, disk);
  return target !== undefined && target === sourceName(await pool.attach(disk.volumeId));
}

async function runs({ vmId, hypervisor }: DiskMove): Promise<boolean> {
  const domain = await hypervisor.find(vmId);
  return domain !== undefined && isUp(domain.power);
}

async function discardCopy({ disk, to }: DiskMove): Promise<void> {
  if (!(await to.findVolume(disk.volumeId))) return;
  await to.detach(disk.volumeId);
  await to.deleteVolume(disk.volumeId);
}

/** After a failure; while nobody knows whether the guest has the copy, it stays. */
async function discardUnused(move: DiskMove): Promise<void> {
  try {
    if (!(await hasArrived(move))) await discardCopy(move);
  } catch {
    // The next attempt begins with the same question.
  }
}
