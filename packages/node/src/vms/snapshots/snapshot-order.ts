import { problem, Reason, VmStatus_PowerState as PowerState, type DiskDevice } from "@limiquantix/api";
import type { SnapshotReport, SnapshotVolume } from "@limiquantix/api/daemon";
import type { Job } from "../../jobs/job.ts";
import type { Domain } from "../../ports/hypervisor.ts";
import type { VolumeBackend, VolumeSnapshots } from "../../ports/volume-backend.ts";
import type { HostPools } from "../../pools/host-pools.ts";

/** What the control plane wants of one snapshot. */
export interface SnapshotOrder {
  vmId: string;
  snapshotId: string;
  volumes: SnapshotVolume[];
  includeMemory: boolean;
  quiesce: boolean;
}

export interface SnapshotProgress {
  percent: number;
  message: string;
}

export type SnapshotJob = Job<SnapshotProgress, SnapshotReport>;

/** One disk of a snapshot, and what its pool can do. */
export interface SnapshotDisk {
  diskId: string;
  volumeId: string;
  backend: VolumeBackend;
  snapshots: VolumeSnapshots;
}

/** Throws POOL_UNAVAILABLE, UNSUPPORTED. */
export function snapshotDisks(pools: HostPools, { volumes }: SnapshotOrder): SnapshotDisk[] {
  return volumes.map(({ diskId, volumeId, pool }) => {
    const backend = pools.get(pool);
    const { snapshots } = backend;
    if (snapshots) return { diskId, volumeId, backend, snapshots };
    const why = backend.capabilities.unsupported["snapshots"] ?? "its storage has none";
    throw problem(Reason.UNSUPPORTED, { what: `a snapshot in pool ${backend.pool}`, why });
  });
}

/** The guest of this domain has the disk open, or will have with its saved memory. */
export function isInDefinition(domain: Domain | undefined, { diskId, volumeId }: SnapshotDisk): boolean {
  const specs = [domain?.liveMark?.spec, domain?.mark?.spec];
  return specs.some((spec) => spec?.disks.some((disk) => disk.id === diskId && disk.volumeId === volumeId));
}

export function assertNotCrashed(domain: Domain | undefined, action: string): void {
  if (domain?.power !== PowerState.CRASHED) return;
  const allowed = "RUNNING, PAUSED, SUSPENDED or STOPPED";
  throw problem(Reason.VM_WRONG_STATE, { vm: domain.name, state: "CRASHED", action, allowed });
}

export function deviceOf(domain: Domain, diskId: string): DiskDevice {
  for (const spec of [domain.liveMark?.spec, domain.mark?.spec]) {
    const disk = spec?.disks.find(({ id }) => id === diskId);
    if (disk) return disk;
  }
  throw problem(Reason.NOT_FOUND, { kind: `disk of VM ${domain.name}`, id: diskId });
}
