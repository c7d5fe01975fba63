import { isProblem, Reason, type DiskDevice } from "@limiquantix/api";
import type { HostPools } from "../pools/host-pools.ts";
import { sourceName, type DiskSource } from "../ports/disk-source.ts";
import type { DiskAttachment, Domain } from "../ports/hypervisor.ts";
import type { VolumeBackend } from "../ports/volume-backend.ts";
import type { HostParts } from "./host-parts.ts";

/** A disk of a VM and the pool that it is in. */
export interface PlacedDisk {
  disk: DiskDevice;
  backend: VolumeBackend;
}

/** The disks that a domain is known to have, as far as their pools are open; those of what runs first. */
export function disksOf(pools: HostPools, domain: Domain | undefined): PlacedDisk[] {
  const disks = new Map<string, PlacedDisk>();
  for (const spec of [domain?.liveMark?.spec, domain?.mark?.spec]) {
    for (const disk of spec?.disks ?? []) {
      const backend = backendIfOpen(pools, disk);
      if (disk.volumeId && backend && !disks.has(disk.id)) disks.set(disk.id, { disk, backend });
    }
  }
  return [...disks.values()];
}

/**
 * Tells the storage what each disk's guest really writes, or will write when it starts: after a crash between two steps only
 * the definition knows. Before anything else is done with the volumes.
 */
export async function settleDisks(domain: Domain | undefined, disks: readonly PlacedDisk[]): Promise<void> {
  for (const { disk, backend } of disks) {
    const top = domain?.sources.get(disk.id);
    const layers = backend.snapshots?.layers;
    if (top !== undefined && layers) await ifThere(layers.settle(disk.volumeId, top));
  }
}

/**
 * Undoes `attach` for a VM that is off. The host's own pools have nothing to let go of; what is shared, another guest may
 * have: it is let go of when it is deleted.
 */
export async function detachDisks(pools: HostPools, disks: readonly PlacedDisk[]): Promise<void> {
  for (const { disk, backend } of disks) {
    if (pools.isDeclared(backend.pool) && !disk.shared) await ifThere(backend.detach(disk.volumeId));
  }
}

/** Readies disks on this host and answers where they are. */
export async function attachDisks(disks: readonly PlacedDisk[]): Promise<DiskAttachment[]> {
  const attachments: DiskAttachment[] = [];
  for (const { disk, backend } of disks) attachments.push({ disk, source: await attachDisk({ disk, backend }) });
  return attachments;
}

export function attachDisk({ disk, backend }: PlacedDisk): Promise<DiskSource> {
  return backend.attach(disk.volumeId, { shared: disk.shared });
}

/** Those that a definition knows under another name. */
export function misnamed(domain: Domain | undefined, disks: readonly DiskAttachment[]): DiskAttachment[] {
  return disks.filter(({ disk, source }) => {
    const told = domain?.sources.get(disk.id);
    return told !== undefined && told !== sourceName(source);
  });
}

/** Has the definition of a domain that is off, and its saved memory, name the tops that the storage has now. */
export async function redirectIfOff(host: HostParts, vmId: string, domain: Domain | undefined): Promise<void> {
  const { hypervisor, pools } = host;
  const placed = disksOf(pools, domain).filter(({ backend }) => backend.snapshots?.layers);
  if (!domain || placed.length === 0) return;
  const elsewhere = misnamed(domain, await attachDisks(placed));
  if (elsewhere.length > 0) await hypervisor.disks.redirect(vmId, elsewhere);
  await detachDisks(pools, placed);
}

export function backendIfOpen(pools: HostPools, disk: DiskDevice): VolumeBackend | undefined {
  try {
    return pools.ofDisk(disk);
  } catch (cause) {
    if (isProblem(cause, Reason.POOL_UNAVAILABLE)) return undefined;
    throw cause;
  }
}

async function ifThere(work: Promise<void>): Promise<void> {
  await work.catch((cause: unknown) => {
    if (!isProblem(cause, Reason.NOT_FOUND)) throw cause;
  });
}
