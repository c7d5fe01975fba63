import { create } from "@bufbuild/protobuf";
import { PoolCapacitySchema, problem, Reason, StoragePoolSpec_Backend, type PoolCapacity } from "@limiquantix/api";
import { formatBytes, GIB, sleep } from "@limiquantix/kit";
import type { VolumeBackend, VolumeCopy, VolumeInfo, VolumeRequest } from "@limiquantix/node";
import type { DriverSession } from "./driver-session.ts";
import type { SimHost, SimVolume } from "./sim-host.ts";
import { SimImages, type Fetch } from "./sim-images.ts";

/** What a thin disk takes at first, for the books. */
const THIN_BYTES = 0.01 * GIB;

/** A directory pool of which only the catalogue exists. */
export class SimVolumes implements VolumeBackend {
  readonly pool: string;
  readonly backend = StoragePoolSpec_Backend.LOCAL_DIR;
  readonly images: SimImages;
  readonly #session: DriverSession;
  readonly #host: SimHost;
  /** Copies under way, by the volume that they make. */
  readonly #copies = new Map<string, Promise<VolumeInfo>>();

  constructor(session: DriverSession, options: { pool: string; fetch?: Fetch | undefined }) {
    this.pool = options.pool;
    this.#session = session;
    this.#host = session.host;
    this.images = new SimImages(session, { pool: options.pool, fetch: options.fetch });
  }

  async capacity(): Promise<PoolCapacity> {
    return this.#step("capacity", () => {
      const total = this.#host.size.poolBytes;
      const used = this.#host.faults.diskFull ? total : this.#used();
      const provisioned = [...this.#host.volumes.values()].reduce((sum, volume) => sum + volume.sizeBytes, 0);
      return create(PoolCapacitySchema, {
        totalBytes: BigInt(total),
        usedBytes: BigInt(Math.round(used)),
        availableBytes: BigInt(Math.max(0, Math.round(total - used))),
        provisionedBytes: BigInt(provisioned),
      });
    });
  }

  async ensureVolume(request: VolumeRequest): Promise<VolumeInfo> {
    if (request.copy) return this.#copyOnce(request, request.copy);
    return this.#step("ensure", () => {
      const { volumeId, sizeBytes, imageId, thick } = request;
      const before = this.#host.volumes.get(volumeId);
      if (before) return { ...before };
      const image = imageId ? this.#host.images.get(imageId) : undefined;
      if (imageId && !image) throw problem(Reason.IMAGE_NOT_READY, { image: imageId, phase: "not on this host" });
      if (image && image.virtualSizeBytes > sizeBytes) throw tooSmall(sizeBytes, imageId, image.virtualSizeBytes);
      this.#assertRoom(thick ? sizeBytes : THIN_BYTES);
      return this.#add({ volumeId, sizeBytes, imageId, thick, content: volumeId });
    });
  }

  async #copyOnce(request: VolumeRequest, copy: VolumeCopy): Promise<VolumeInfo> {
    const { volumeId } = request;
    const before = await this.findVolume(volumeId);
    const running = this.#copies.get(volumeId);
    if (before || running) return before ?? running!;
    const work = this.#copy(request, copy).finally(() => this.#copies.delete(volumeId));
    this.#copies.set(volumeId, work);
    return work;
  }

  /** In strides, so that it can be cut off in the middle; while it goes on no guest gets the source. */
  async #copy({ volumeId, sizeBytes, thick }: VolumeRequest, copy: VolumeCopy): Promise<VolumeInfo> {
    const { sourceId, signal, onProgress } = copy;
    const holding = { volumeId: sourceId, life: this.#session.life };
    this.#host.copies.add(holding);
    try {
      for (let percent = 0; percent < 100; percent += 25) {
        signal.throwIfAborted();
        await this.#step("copy", async () => {
          this.#assertStill(this.#source(sourceId));
          if (this.#host.copyMs > 0) await sleep(this.#host.clock, this.#host.copyMs / 4);
        });
        onProgress(percent + 25);
      }
      signal.throwIfAborted();
      return await this.#step("copied", () => {
        const source = this.#source(sourceId);
        if (source.sizeBytes > sizeBytes) throw tooSmall(sizeBytes, sourceId, source.sizeBytes);
        this.#assertRoom(thick ? sizeBytes : THIN_BYTES);
        return this.#add({ volumeId, sizeBytes, imageId: source.imageId, thick, content: source.content });
      });
    } finally {
      this.#host.copies.delete(holding);
    }
  }

  #add(volume: Omit<SimVolume, "path" | "format">): VolumeInfo {
    const path = `/sim/${this.#host.name}/${this.pool}/volumes/${volume.volumeId}.qcow2`;
    const made = { ...volume, path, format: "qcow2" as const };
    this.#host.volumes.set(volume.volumeId, made);
    return { ...made };
  }

  #source(volumeId: string): SimVolume {
    const source = this.#host.volumes.get(volumeId);
    if (source) return source;
    throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
  }

  #assertStill({ volumeId }: SimVolume): void {
    for (const { live } of this.#host.domains.values()) {
      if (!live?.spec.disks.some((disk) => disk.volumeId === volumeId)) continue;
      throw problem(Reason.IN_USE, { kind: "volume", name: volumeId, by: "a guest has it open" });
    }
  }

  findVolume(volumeId: string): Promise<VolumeInfo | undefined> {
    return this.#step("find", () => {
      const volume = this.#host.volumes.get(volumeId);
      return volume && { ...volume };
    });
  }

  growVolume(volumeId: string, sizeBytes: number): Promise<void> {
    return this.#step("grow", () => {
      const volume = this.#host.volumes.get(volumeId);
      if (!volume) throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
      if (sizeBytes < volume.sizeBytes) {
        throw problem(Reason.DISK_CANNOT_SHRINK, {
          disk: volumeId,
          current: formatBytes(volume.sizeBytes),
          wanted: formatBytes(sizeBytes),
        });
      }
      volume.sizeBytes = sizeBytes;
    });
  }

  deleteVolume(volumeId: string): Promise<void> {
    return this.#step("delete", () => {
      const volume = this.#host.volumes.get(volumeId);
      const user = [...this.#host.domains.values()].find(
        (domain) => domain.live && domain.definition?.disks.some((disk) => disk.path === volume?.path),
      );
      if (volume && user?.live?.spec.disks.some((disk) => disk.volumeId === volumeId)) {
        throw new Error(`volume ${volumeId} is in use by ${user.name}`);
      }
      this.#host.volumes.delete(volumeId);
    });
  }

  listVolumes(): Promise<string[]> {
    return this.#step("list", () => [...this.#host.volumes.keys()]);
  }

  ensureSeed(vmId: string, files: ReadonlyMap<string, string>): Promise<string> {
    return this.#step("ensure-seed", () => {
      if (!this.#host.seeds.has(vmId)) {
        this.#assertRoom(0);
        this.#host.seeds.set(vmId, new Map(files));
      }
      return this.#seedPath(vmId);
    });
  }

  findSeed(vmId: string): Promise<string | undefined> {
    return this.#step("find-seed", () => (this.#host.seeds.has(vmId) ? this.#seedPath(vmId) : undefined));
  }

  deleteSeed(vmId: string): Promise<void> {
    return this.#step("delete-seed", () => void this.#host.seeds.delete(vmId));
  }

  #step<T>(name: string, work: () => T): Promise<T> {
    return this.#session.step(`volume.${name}`, async () => {
      if (this.#host.faults.slowDiskMs > 0) await sleep(this.#host.clock, this.#host.faults.slowDiskMs);
      return work();
    });
  }

  #seedPath(vmId: string): string {
    return `/sim/${this.#host.name}/${this.pool}/seeds/${vmId}.iso`;
  }

  #used(): number {
    const volumes = [...this.#host.volumes.values()].reduce(
      (sum, volume) => sum + (volume.thick ? volume.sizeBytes : THIN_BYTES),
      0,
    );
    return [...this.#host.images.values()].reduce((sum, image) => sum + image.sizeBytes, volumes);
  }

  #assertRoom(bytes: number): void {
    const free = this.#host.faults.diskFull ? 0 : this.#host.size.poolBytes - this.#used();
    if (bytes <= free && !this.#host.faults.diskFull) return;
    throw problem(Reason.POOL_FULL, { pool: this.pool, needed: formatBytes(bytes), available: formatBytes(free) });
  }
}

function tooSmall(sizeBytes: number, image: string, neededBytes: number) {
  const [size, needed] = [formatBytes(sizeBytes), formatBytes(neededBytes)];
  return problem(Reason.DISK_TOO_SMALL_FOR_IMAGE, { size, image, needed });
}
