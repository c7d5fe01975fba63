import { problem, Reason } from "@limiquantix/api";
import type { EnsureVolumeRequest } from "@limiquantix/api/daemon";
import { Job } from "../jobs/job.ts";
import type { VolumeInfo } from "../ports/volume-backend.ts";
import type { HostParts } from "../vms/host-parts.ts";
import { fromOrigin } from "./volume-origin.ts";

/** Percent. */
export type VolumeJob = Job<number, VolumeInfo>;

/** Volumes that are made without a VM. */
export class VolumeJobs {
  readonly #host: HostParts;
  readonly #jobs = new Map<string, VolumeJob>();

  constructor(host: HostParts) {
    this.#host = host;
  }

  get busy(): boolean {
    return this.#jobs.size > 0;
  }

  /** Begins to make a volume, or joins the work on it. */
  ensure(request: EnsureVolumeRequest): VolumeJob {
    const key = `${request.pool} ${request.volumeId}`;
    const before = this.#jobs.get(key);
    if (before && !before.signal.aborted) return before;
    const job: VolumeJob = new Job();
    this.#jobs.set(key, job);
    void job.settle(this.#make(request, job)).finally(() => {
      if (this.#jobs.get(key) === job) this.#jobs.delete(key);
    });
    return job;
  }

  /** A volume that is to go is not made first. Refused with IN_USE while a domain names it. */
  async delete({ pool, volumeId }: { pool: string; volumeId: string }): Promise<void> {
    const making = this.#jobs.get(`${pool} ${volumeId}`);
    making?.cancel(problem(Reason.SUPERSEDED, { by: "the volume's deletion" }));
    await making?.outcome.catch(() => {});
    const backend = this.#host.pools.get(pool);
    const user = await this.userOf({ pool, volumeId });
    if (user) throw problem(Reason.IN_USE, { kind: "volume", name: volumeId, by: `VM ${user} has it` });
    await backend.detach(volumeId);
    await backend.deleteVolume(volumeId);
  }

  /** The domain that has a disk in this pool, this one if a volume is named; undefined: none. */
  async userOf({ pool, volumeId }: { pool: string; volumeId?: string }): Promise<string | undefined> {
    const { hypervisor, pools } = this.#host;
    for (const { name, mark, liveMark } of await hypervisor.list()) {
      for (const disk of [...(mark?.spec?.disks ?? []), ...(liveMark?.spec?.disks ?? [])]) {
        const here = pools.isDeclared(pool) ? disk.storagePoolId === pool : !pools.isDeclared(disk.storagePoolId);
        if (here && (volumeId === undefined || disk.volumeId === volumeId)) return name;
      }
    }
    return undefined;
  }

  async stop(reason: Error): Promise<void> {
    const jobs = [...this.#jobs.values()];
    for (const job of jobs) job.cancel(reason);
    await Promise.allSettled(jobs.map((job) => job.outcome));
  }

  async #make(request: EnsureVolumeRequest, job: VolumeJob): Promise<VolumeInfo> {
    const { pool, volumeId, thick, linked, shared } = request;
    const backend = this.#host.pools.get(pool);
    const before = await backend.findVolume(volumeId);
    if (before) return before;
    if (shared && !backend.capabilities.sharedDisks) {
      const why = backend.capabilities.unsupported["shared_disks"] ?? "its storage has none";
      throw problem(Reason.UNSUPPORTED, { what: `a shared volume in storage pool ${pool}`, why });
    }
    const { imageId, sourceVolumeId, sourceSnapshotId, sourcePool } = request;
    const names = { imageId, sourceVolumeId, sourceSnapshotId, linked, sourcePool: sourcePool || pool };
    const sizeBytes = Number(request.sizeBytes);
    const onProgress = (percent: number) => job.report(Math.round(percent));
    return fromOrigin(this.#host, { backend, names, signal: job.signal }, (from) =>
      backend.ensureVolume({ volumeId, sizeBytes, thick, shared, from, signal: job.signal, onProgress }),
    );
  }
}
