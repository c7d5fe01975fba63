import { isProblem, problem, Reason } from "@limiquantix/api";
import { type Clock, sleep } from "@limiquantix/kit";
import type { HostPools } from "../pools/host-pools.ts";
import type { Hypervisor } from "../ports/hypervisor.ts";
import type { StoredImage, VolumeBackend, VolumeOrigin } from "../ports/volume-backend.ts";
import { isUp } from "../vms/plan-vm.ts";

/** What a volume begins with, in the control plane's words; all empty: nothing. */
export interface OriginNames {
  imageId: string;
  sourceVolumeId: string;
  sourceSnapshotId: string;
  linked: boolean;
  /** Where the source volume is; empty: to be found. */
  sourcePool: string;
}

/** A volume is not in the middle of a change of its snapshots for longer. */
const settlesWithinMs = 600_000;

/** Has `make` make a volume of what these names stand for. Throws IMAGE_NOT_READY, NOT_FOUND, UNSUPPORTED, IN_USE. */
export async function fromOrigin<T>(
  host: { pools: HostPools; hypervisor: Hypervisor; clock: Clock },
  { backend, names, signal }: { backend: VolumeBackend; names: OriginNames; signal: AbortSignal },
  make: (from: VolumeOrigin | undefined) => Promise<T>,
): Promise<T> {
  const { pools } = host;
  const { imageId, sourceVolumeId: volumeId, sourceSnapshotId: snapshotId, linked, sourcePool } = names;
  if (!volumeId) return make(imageId ? { kind: "image", image: await imageFor(pools, backend, imageId) } : undefined);
  const holder = sourcePool ? pools.get(sourcePool) : await holderOf(pools, backend, volumeId);
  if (holder.pool === backend.pool) {
    if (!snapshotId) return make({ kind: "volume", volumeId });
    const from = { kind: linked ? ("linked" as const) : ("volume" as const), volumeId, snapshotId };
    return whenSettled(host.clock, signal, () => make(from));
  }
  if (snapshotId) {
    const why = `the snapshot is in pool ${holder.pool}, and only there can a volume be made of it`;
    throw problem(Reason.UNSUPPORTED, { what: "a volume of a snapshot in another pool", why });
  }
  try {
    return await make({ kind: "source", source: await holder.attach(volumeId) });
  } finally {
    if (!(await isOpen(host.hypervisor, volumeId))) await holder.detach(volumeId);
  }
}

/** A snapshot stays what it is while another is taken or deleted: whoever needs it waits for that to be over. */
async function whenSettled<T>(clock: Clock, signal: AbortSignal, make: () => Promise<T>): Promise<T> {
  const end = clock.now() + settlesWithinMs;
  for (;;) {
    try {
      return await make();
    } catch (error) {
      if (!isProblem(error, Reason.IN_USE) || clock.now() >= end) throw error;
    }
    await sleep(clock, 500, { signal });
  }
}

/** A guest on this host has it. */
async function isOpen(hypervisor: Hypervisor, volumeId: string): Promise<boolean> {
  const domains = await hypervisor.list();
  return domains.some(
    ({ power, liveMark }) => isUp(power) && liveMark?.spec?.disks.some((disk) => disk.volumeId === volumeId),
  );
}

/** In a library of any pool on this host. */
export async function findImage(pools: HostPools, imageId: string): Promise<StoredImage | undefined> {
  for (const { images } of pools.open) {
    const image = await images?.find(imageId);
    if (image) return image;
  }
  return undefined;
}

async function imageFor(pools: HostPools, backend: VolumeBackend, imageId: string): Promise<StoredImage> {
  const image = (await backend.images?.find(imageId)) ?? (await findImage(pools, imageId));
  if (image) return image;
  throw problem(Reason.IMAGE_NOT_READY, { image: imageId, phase: "not on this host" });
}

async function holderOf(pools: HostPools, first: VolumeBackend, volumeId: string): Promise<VolumeBackend> {
  for (const backend of [first, ...pools.open]) if (await backend.findVolume(volumeId)) return backend;
  throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
}
