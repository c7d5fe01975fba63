import { create } from "@bufbuild/protobuf";
import {
  invalid,
  PoolCapabilitiesSchema,
  PoolCapacitySchema,
  problem,
  Reason,
  StoragePoolSpec_Backend as Backend,
  type PoolCapabilities,
  type PoolCapacity,
  type PoolFile,
} from "@limiquantix/api";
import { formatBytes, GIB, sleep } from "@limiquantix/kit";
import type {
  DiskSource,
  MemoryFiles,
  VolumeBackend,
  VolumeInfo,
  VolumeOrigin,
  VolumeRequest,
  VolumeSnapshots,
} from "@limiquantix/node";
import type { DriverSession } from "./driver-session.ts";
import type { SimHost } from "./sim-host.ts";
import { checkedId } from "./checked-id.ts";
import { imageBlocks } from "./image-blocks.ts";
import { SimImages, type Fetch } from "./sim-images.ts";
import { poolFiles } from "./sim-pool-files.ts";
import { SimSnapshots } from "./sim-snapshots.ts";
import type { SimStorage } from "./sim-storage.ts";
import { contentsOf, SimVolume, type Blocks } from "./sim-volume.ts";

/** What a thin disk takes at first, for the books. */
const THIN_BYTES = Math.round(0.01 * GIB);

/** Where it says on each disk what it was made as: before its first block, so that no guest reads it. */
const BORN = -1;

export interface SimPoolOptions {
  pool: string;
  backend: Backend;
  storage: SimStorage;
  /** Files in a directory, or a storage that takes snapshots itself. */
  how: "layers" | "beneath";
  shared: boolean;
  /** One host at a time has a volume active. */
  exclusive: boolean;
  /** Images are kept here. */
  images: boolean;
  secretId?: string | undefined;
  fetch?: Fetch | undefined;
}

/** A pool of which only the catalogue exists, and what tests write on its disks. */
export class SimVolumes implements VolumeBackend {
  readonly pool: string;
  readonly backend: Backend;
  readonly capabilities: PoolCapabilities;
  readonly images: SimImages | undefined;
  readonly snapshots: VolumeSnapshots;
  readonly memory: MemoryFiles | undefined;
  readonly #session: DriverSession;
  readonly #host: SimHost;
  readonly #storage: SimStorage;
  readonly #options: SimPoolOptions;
  /** Volumes that are being made, so that two who want one share the work. */
  readonly #making = new Map<string, Promise<VolumeInfo>>();

  constructor(session: DriverSession, options: SimPoolOptions) {
    const { pool, backend, storage, how, shared, images, fetch } = options;
    this.pool = pool;
    this.backend = backend;
    this.capabilities = create(PoolCapabilitiesSchema, {
      shared,
      images,
      snapshots: true,
      linkedClones: true,
      instantClones: true,
      thin: true,
      onlineResize: true,
      discard: true,
      sharedDisks: true,
      unsupported: {
        dirty_bitmaps: "simulated disks have no dirty bitmaps",
        ...(shared ? {} : { shared: "a directory of one host" }),
        ...(images ? {} : { images: "its images are kept in the host's own pool" }),
      },
    });
    this.#session = session;
    this.#host = session.host;
    this.#storage = storage;
    this.#options = options;
    this.images = images ? new SimImages(session, { pool, fetch }) : undefined;
    const step = <T>(name: string, work: () => T | Promise<T>) => this.#step(name, work);
    this.snapshots = new SimSnapshots({ host: this.#host, storage, how, step });
    this.memory = how === "layers" ? this.#memoryFiles() : undefined;
  }

  capacity(): Promise<PoolCapacity> {
    return this.#step("capacity", () => {
      const total = this.#storage.totalBytes;
      const used = this.#full ? total : this.#used();
      const provisioned = [...this.#storage.volumes.values()].reduce((sum, volume) => sum + volume.sizeBytes, 0);
      return create(PoolCapacitySchema, {
        totalBytes: BigInt(total),
        usedBytes: BigInt(Math.round(used)),
        availableBytes: BigInt(Math.max(0, Math.round(total - used))),
        provisionedBytes: BigInt(provisioned),
      });
    });
  }

  async ensureVolume(request: VolumeRequest): Promise<VolumeInfo> {
    const { volumeId, sizeBytes } = request;
    const before = await this.findVolume(volumeId);
    if (before) return before;
    if (sizeBytes <= 0 || sizeBytes % 512 !== 0) {
      throw invalid([{ field: "sizeBytes", message: "a disk is made of whole sectors" }]);
    }
    const running = this.#making.get(volumeId);
    if (running) return running;
    const work = this.#make(request).finally(() => this.#making.delete(volumeId));
    this.#making.set(volumeId, work);
    return work;
  }

  async #make(request: VolumeRequest): Promise<VolumeInfo> {
    const { from, signal } = request;
    signal.throwIfAborted();
    if (request.shared && from && from.kind !== "source") {
      const why = "it is empty to begin with";
      throw problem(Reason.UNSUPPORTED, { what: "a shared volume made of another disk", why });
    }
    if (from?.kind === "volume" || from?.kind === "source") return this.#copy(request, from);
    return this.#step("ensure", () => {
      if (from?.kind === "linked") {
        const source = this.#get(from.volumeId);
        const linkedTo = { volumeId: from.volumeId, snapshotId: from.snapshotId };
        const frozen = source.snapshots.get(from.snapshotId);
        const blocks = source.snapshotContents(from.snapshotId);
        return this.#add(request, { blocks, neededBytes: frozen?.sizeBytes ?? 0, imageId: source.imageId, linkedTo });
      }
      const imageId = from?.image.imageId ?? "";
      if (imageId && !this.#host.images.has(imageId)) throw problem(Reason.NOT_FOUND, { kind: "image", id: imageId });
      const content = imageId ? this.#host.images.get(imageId)?.bytes : undefined;
      const blocks = content ? imageBlocks(content) : new Map<number, string>();
      blocks.set(BORN, imageId ? `image ${imageId}` : `new ${request.volumeId}`);
      return this.#add(request, { blocks, neededBytes: from?.image.virtualSizeBytes ?? 0, imageId });
    });
  }

  /** In strides, so that it can be cut off in the middle; while it goes on no guest gets the source. */
  async #copy(request: VolumeRequest, from: VolumeOrigin & { kind: "volume" | "source" }): Promise<VolumeInfo> {
    const { signal, onProgress } = request;
    const first = await this.#step("copy-from", () => this.#original(from));
    const frozen = from.kind === "volume" && from.snapshotId !== undefined;
    const holding = { volumeId: first.volume.volumeId, life: this.#session.life };
    if (!frozen) first.storage.copies.add(holding);
    try {
      for (let percent = 0; percent < 100; percent += 25) {
        signal.throwIfAborted();
        await this.#step("copy", async () => {
          this.#original(from);
          if (this.#host.copyMs > 0) await sleep(this.#host.clock, this.#host.copyMs / 4);
        });
        onProgress(percent + 25);
      }
      signal.throwIfAborted();
      return await this.#step("copied", () => {
        const { volume, blocks, sizeBytes } = this.#original(from);
        return this.#add(request, { blocks, neededBytes: sizeBytes, imageId: volume.imageId });
      });
    } finally {
      first.storage.copies.delete(holding);
    }
  }

  #original(from: VolumeOrigin & { kind: "volume" | "source" }): {
    storage: SimStorage;
    volume: SimVolume;
    blocks: Blocks;
    sizeBytes: number;
  } {
    const found =
      from.kind === "source"
        ? this.#host.findDisk(from.source)
        : { storage: this.#storage, volume: this.#get(from.volumeId) };
    if (!found) throw problem(Reason.NOT_FOUND, { kind: "volume", id: "to copy from" });
    const { storage, volume } = found;
    if (from.kind === "volume" && from.snapshotId !== undefined) {
      const blocks = volume.snapshotContents(from.snapshotId);
      return { storage, volume, blocks, sizeBytes: volume.snapshots.get(from.snapshotId)?.sizeBytes ?? 0 };
    }
    this.#assertStill(storage, volume.volumeId);
    return { storage, volume, blocks: contentsOf(volume.top), sizeBytes: volume.sizeBytes };
  }

  #add(
    { volumeId, sizeBytes, thick, shared = false }: VolumeRequest,
    made: {
      blocks: Blocks;
      neededBytes: number;
      imageId: string;
      linkedTo?: { volumeId: string; snapshotId: string };
    },
  ): VolumeInfo {
    const { blocks, neededBytes, imageId, linkedTo } = made;
    if (neededBytes > sizeBytes) throw tooSmall(sizeBytes, imageId || volumeId, neededBytes);
    this.#assertRoom(thick ? sizeBytes : THIN_BYTES);
    const sourceOf = (layer: number) => this.#source(volumeId, layer, shared);
    const volume = new SimVolume({ volumeId, shared, imageId, thick, sizeBytes, blocks, sourceOf, linkedTo });
    this.#storage.volumes.set(volumeId, volume);
    return infoOf(volume);
  }

  #source(volumeId: string, layer: number, shared: boolean): DiskSource {
    const { backend, secretId } = this.#options;
    if (backend === Backend.CEPH_RBD) {
      return {
        kind: "rbd",
        monitors: ["127.0.0.1:6789"],
        name: `${this.pool}/${volumeId}`,
        user: "sim",
        secretId,
        format: "raw",
      };
    }
    if (backend === Backend.ISCSI || backend === Backend.LINSTOR) {
      return { kind: "block", path: `/dev/sim/${this.pool}/${volumeId}`, format: "raw" };
    }
    if (shared) return { kind: "file", path: `${this.#root}/volumes/${volumeId}.raw`, format: "raw" };
    const file = layer === 0 ? volumeId : `${volumeId}.${layer}`;
    return { kind: "file", path: `${this.#root}/volumes/${file}.qcow2`, format: "qcow2" };
  }

  get #root(): string {
    return this.#options.shared ? `/sim/${this.pool}` : `/sim/${this.#host.name}/${this.pool}`;
  }

  findVolume(volumeId: string): Promise<VolumeInfo | undefined> {
    return this.#step("find", () => {
      const volume = this.#storage.volumes.get(checkedId(volumeId));
      return volume && infoOf(volume);
    });
  }

  attach(volumeId: string): Promise<DiskSource> {
    return this.#step("attach", () => {
      const volume = this.#get(volumeId);
      const hosts = this.#storage.attached.get(volumeId) ?? new Set();
      const elsewhere = [...hosts].some((host) => host !== this.#host.name);
      if (this.#options.exclusive && elsewhere) throw problem(Reason.VM_LOCKED_ELSEWHERE, { vm: volumeId });
      this.#storage.attached.set(volumeId, hosts.add(this.#host.name));
      this.#storage.note(volumeId, this.#host.name);
      return volume.top.source;
    });
  }

  detach(volumeId: string): Promise<void> {
    return this.#step("detach", () => {
      const here = [...(this.#storage.writers.get(volumeId) ?? [])].find((it) => it.startsWith(`${this.#host.name}/`));
      if (here) this.#storage.violations.push(`${volumeId} is taken away from under ${here}`);
      this.#storage.attached.get(volumeId)?.delete(this.#host.name);
    });
  }

  growVolume(volumeId: string, sizeBytes: number, options?: { live: boolean }): Promise<void> {
    return this.#step("grow", () => {
      const volume = this.#get(volumeId);
      if (sizeBytes < volume.sizeBytes) {
        throw problem(Reason.DISK_CANNOT_SHRINK, {
          disk: volumeId,
          current: formatBytes(volume.sizeBytes),
          wanted: formatBytes(sizeBytes),
        });
      }
      // A file that a guest has open is grown by the hypervisor.
      if (options?.live && this.#options.how === "layers") return;
      volume.top.sizeBytes = sizeBytes;
    });
  }

  deleteVolume(volumeId: string): Promise<void> {
    return this.#step("delete", () => {
      checkedId(volumeId);
      const clone = [...this.#storage.volumes.values()].find(({ linkedTo }) => linkedTo?.volumeId === volumeId);
      const by = clone ? `volume ${clone.volumeId} is a linked clone of it` : "a guest has it open";
      if (clone || (this.#storage.writers.get(volumeId)?.size ?? 0) > 0) {
        throw problem(Reason.IN_USE, { kind: "volume", name: volumeId, by });
      }
      this.#storage.volumes.delete(volumeId);
      this.#storage.attached.delete(volumeId);
    });
  }

  listVolumes(): Promise<VolumeInfo[]> {
    return this.#step("list", () => [...this.#storage.volumes.values()].map(infoOf));
  }

  listFiles(limit: number): Promise<PoolFile[]> {
    return this.#step("files", () => {
      const images = this.images ? this.#host.images.values() : [];
      return poolFiles(this.#storage, { root: this.#root, images }).slice(0, limit);
    });
  }

  ensureSeed(vmId: string, files: ReadonlyMap<string, string> | undefined): Promise<DiskSource | undefined> {
    return this.#step("ensure-seed", () => {
      checkedId(vmId);
      if (!this.#storage.seeds.has(vmId)) {
        if (!files) return undefined;
        this.#assertRoom(0);
        this.#storage.seeds.set(vmId, new Map(files));
      }
      return { kind: "file", path: `${this.#root}/seeds/${vmId}.iso`, format: "raw" };
    });
  }

  readSeed(vmId: string): Promise<ReadonlyMap<string, string> | undefined> {
    return this.#step("read-seed", () => this.#storage.seeds.get(checkedId(vmId)));
  }

  deleteSeed(vmId: string): Promise<void> {
    return this.#step("delete-seed", () => void this.#storage.seeds.delete(checkedId(vmId)));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #memoryFiles(): MemoryFiles {
    const path = (snapshotId: string) => `${this.#root}/memory/${checkedId(snapshotId)}`;
    return {
      path,
      sizeBytes: (snapshotId) =>
        this.#step("memory-size", () => (this.#storage.memory.has(path(snapshotId)) ? GIB : undefined)),
      delete: (snapshotId) => this.#step("memory-delete", () => void this.#storage.memory.delete(path(snapshotId))),
    };
  }

  #get(volumeId: string): SimVolume {
    const volume = this.#storage.volumes.get(checkedId(volumeId));
    if (volume) return volume;
    throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
  }

  #assertStill(storage: SimStorage, volumeId: string): void {
    if ((storage.writers.get(volumeId)?.size ?? 0) === 0) return;
    throw problem(Reason.IN_USE, { kind: "volume", name: volumeId, by: "a guest has it open" });
  }

  #step<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    return this.#session.step(`volume.${name}`, async () => {
      const { unreachable, mute, slowMs } = this.#storage.faults;
      if (mute) return new Promise<T>(() => {});
      const waitMs = Math.max(slowMs, this.#storage === this.#host.storage ? this.#host.faults.slowDiskMs : 0);
      // Nobody waits for a measurement.
      if (waitMs > 0) await sleep(this.#host.clock, waitMs, { background: name === "capacity" });
      if (unreachable || this.#storage.cutFrom.has(this.#host.name)) {
        throw problem(Reason.POOL_UNAVAILABLE, { pool: this.pool, cause: "connection timed out" });
      }
      return work();
    });
  }

  get #full(): boolean {
    return this.#storage.faults.full || (this.#storage === this.#host.storage && this.#host.faults.diskFull);
  }

  #used(): number {
    const volumes = [...this.#storage.volumes.values()].reduce(
      (sum, volume) => sum + (volume.thick ? volume.sizeBytes : THIN_BYTES),
      0,
    );
    if (this.#storage !== this.#host.storage) return volumes;
    return [...this.#host.images.values()].reduce((sum, image) => sum + image.sizeBytes, volumes);
  }

  #assertRoom(bytes: number): void {
    const free = this.#full ? 0 : this.#storage.totalBytes - this.#used();
    if (bytes <= free && !this.#full) return;
    throw problem(Reason.POOL_FULL, { pool: this.pool, needed: formatBytes(bytes), available: formatBytes(free) });
  }
}

function infoOf(volume: SimVolume): VolumeInfo {
  const { volumeId, sizeBytes, imageId, thick } = volume;
  const usedBytes = thick ? sizeBytes : THIN_BYTES * volume.layers.size;
  return { volumeId, sizeBytes, imageId, usedBytes, snapshotIds: [...volume.snapshots.keys()] };
}

function tooSmall(sizeBytes: number, image: string, neededBytes: number) {
  const [size, needed] = [formatBytes(sizeBytes), formatBytes(neededBytes)];
  return problem(Reason.DISK_TOO_SMALL_FOR_IMAGE, { size, image, needed });
}
