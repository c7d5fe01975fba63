import { create } from "@bufbuild/protobuf";
import {
  type PoolCapabilities,
  type PoolCapacity,
  PoolCapacitySchema,
  type PoolFile,
  PoolFile_Type as Type,
  PoolFileSchema,
  problem,
  Reason,
  StoragePoolSpec_Backend,
} from "@limiquantix/api";
import { type Clock, formatBytes, type Log } from "@limiquantix/kit";
import type { DiskSecrets, DiskSource, VolumeBackend, VolumeInfo, VolumeRequest } from "@limiquantix/node";
import { KeyedQueue } from "../files/keyed-queue.ts";
import { QemuImg } from "../file-pool/qemu-img.ts";
import { filesOfSeed, noCloudSeed } from "../nocloud/seed.ts";
import { type CephAccess, CephCommands, Errno, isErrno } from "./ceph-commands.ts";
import { inUse, typed } from "./failure.ts";
import { GoldenImages } from "./golden-images.ts";
import { isOurSnapshot, newSeedName, parseName, seedName, volumeName } from "./names.ts";
import { NewVolume } from "./new-volume.ts";
import { type ImageFeature, rbdCapabilities } from "./rbd-capabilities.ts";
import { RbdFilling } from "./rbd-filling.ts";
import { type ListedImage, type RbdPlace, RbdImages, spec, type UsedLine } from "./rbd-images.ts";
import { RbdSnapshots } from "./rbd-snapshots.ts";
import { Readers } from "./readers.ts";
import { VolumeOwners } from "./volume-owners.ts";

export interface RbdPoolOptions extends RbdHost {
  /** The pool's id. */
  pool: string;
  place: RbdPlace;
  access: Omit<CephAccess, "features"> & { features: readonly ImageFeature[] };
}

/** What this host brings along. */
export interface RbdHost {
  /** This host's id, the same after a restart: whose a volume is. */
  host: string;
  secrets: DiskSecrets;
  /** Files with the keys of all pools that are open here, base64, by secret. */
  keyFiles: Map<string, string>;
  clock: Clock;
  log: Log;
  /** In memory. */
  runtimeDirectory?: string | undefined;
}

const SWEEP_EVERY_MS = 3600_000;

/** A pool, or a namespace of one, in a Ceph cluster; emulators reach it by librbd. */
export class RbdPool implements VolumeBackend {
  readonly pool: string;
  readonly backend = StoragePoolSpec_Backend.CEPH_RBD;
  readonly capabilities: PoolCapabilities;
  readonly snapshots: RbdSnapshots;
  readonly #options: RbdPoolOptions;
  readonly #images: RbdImages;
  readonly #golden: GoldenImages;
  readonly #owners: VolumeOwners;
  readonly #readers = new Readers();
  readonly #newVolumes: ConstructorParameters<typeof NewVolume>[0];
  readonly #queue = new KeyedQueue();
  readonly #secretId: string | undefined;
  readonly #knowsUsed: boolean;
  #sweptAtMs = 0;

  private constructor(options: RbdPoolOptions, commands: CephCommands) {
    const { pool, place, access, host, keyFiles, clock, log } = options;
    this.#options = options;
    this.pool = pool;
    this.capabilities = rbdCapabilities(access.features);
    this.#secretId = access.user ? pool : undefined;
    // Without a map of its objects an image is read through to tell what it takes up.
    this.#knowsUsed = access.features.includes("fast-diff");
    const images = new RbdImages(commands, place, clock);
    const qemuImg = new QemuImg();
    const filling = new RbdFilling(images, qemuImg);
    const golden = new GoldenImages({ images, clock, log, fill: (...args) => filling.fill(...args) });
    this.#images = images;
    this.#golden = golden;
    this.#owners = new VolumeOwners({ images, host, clock, log });
    this.#newVolumes = {
      images,
      golden,
      filling,
      qemuImg,
      log,
      readers: this.#readers,
      canClone: this.capabilities.linkedClones,
      secretFile: (secretId) => keyFiles.get(secretId),
    };
    this.snapshots = new RbdSnapshots({
      images,
      readers: this.#readers,
      queue: this.#queue,
      typed: (what, work) => this.#typed(what, work),
    });
  }

  /** POOL_UNAVAILABLE. */
  static async open(options: RbdPoolOptions): Promise<RbdPool> {
    const { pool, access, secrets, keyFiles, runtimeDirectory = "/run/limiquantix/rbd" } = options;
    const commands = await CephCommands.make(runtimeDirectory, pool, access);
    try {
      const opened = new RbdPool(options, commands);
      await opened.#look();
      if (commands.keyFile) {
        keyFiles.set(pool, commands.keyFile);
        await secrets.set({
          secretId: pool,
          kind: "ceph",
          usage: `storage pool ${pool}`,
          value: Buffer.from(access.key, "base64"),
        });
      }
      return opened;
    } catch (error) {
      await commands[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Guests go on: their emulators have the key. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { secrets, keyFiles } = this.#options;
    const { keyFile } = this.#images.commands;
    await this.#images.commands[Symbol.asyncDispose]();
    // Another one of the same pool may be open by now.
    if (keyFile === undefined || keyFiles.get(this.pool) !== keyFile) return;
    keyFiles.delete(this.pool);
    await secrets.delete(this.pool);
  }

  async capacity(): Promise<PoolCapacity> {
    return this.#typed("its size", async () => {
      this.#sweep();
      const [said, volumes] = await Promise.all([
        this.#images.commands.ceph(["df", "detail", "--format", "json"]),
        this.#images.list(),
      ]);
      const { pools } = JSON.parse(said) as { pools: { name: string; stats: PoolStats }[] };
      const stats = pools.find(({ name }) => name === this.#images.place.pool)?.stats;
      if (!stats) throw problem(Reason.POOL_UNAVAILABLE, { pool: this.pool, cause: "the cluster has no such pool" });
      const { stored, max_avail, quota_bytes = 0 } = stats;
      const available = quota_bytes > 0 ? Math.min(max_avail, Math.max(0, quota_bytes - stored)) : max_avail;
      const provisioned = volumes.reduce((sum, line) => sum + (volumeIdOf(line) ? line.size : 0), 0);
      return create(PoolCapacitySchema, {
        totalBytes: BigInt(stored + available),
        usedBytes: BigInt(stored),
        availableBytes: BigInt(available),
        provisionedBytes: BigInt(provisioned),
      });
    });
  }

  async ensureVolume(request: VolumeRequest): Promise<VolumeInfo> {
    const { volumeId, sizeBytes, thick, from } = request;
    volumeName(volumeId);
    return this.#queue.run(volumeId, () =>
      this.#typed(`volume ${volumeId}`, async () => {
        const there = (await this.#images.info(volumeName(volumeId))) && (await this.#find(volumeId));
        if (there) return there;
        if (thick) await this.#assertRoom(sizeBytes);
        await new NewVolume(this.#newVolumes, request).make();
        // An empty one, and a clone, have nothing of their own.
        const isEmpty = !thick && this.#knowsUsed && this.capabilities.linkedClones && (!from || isClone(from.kind));
        const imageId = from?.kind === "image" ? from.image.imageId : "";
        if (isEmpty) return { volumeId, sizeBytes, usedBytes: 0, imageId, snapshotIds: [] };
        const made = await this.#find(volumeId);
        if (!made) throw new Error(`volume ${volumeId} vanished right after it was made`);
        return made;
      }),
    );
  }

  async findVolume(volumeId: string): Promise<VolumeInfo | undefined> {
    volumeName(volumeId);
    return this.#typed(`volume ${volumeId}`, () => this.#find(volumeId));
  }

  /**
   * A host has a volume that is not shared from here to `detach`: see `VolumeOwners` for what happens to another host's claim
   * to it.
   */
  async attach(volumeId: string, options?: { shared: boolean }): Promise<DiskSource> {
    const name = volumeName(volumeId);
    if (options?.shared) return this.#typed(`volume ${volumeId}`, () => this.#attachShared(volumeId));
    await this.#queue.run(volumeId, () => this.#typed(`volume ${volumeId}`, () => this.#owners.take(volumeId)));
    return this.#source(name);
  }

  async detach(volumeId: string): Promise<void> {
    volumeName(volumeId);
    await this.#queue.run(volumeId, () => this.#typed(`volume ${volumeId}`, () => this.#owners.letGo(volumeId)));
  }

  /** `live`: the emulator grows it itself (block_resize); behind its back the guest would not see it. */
  async growVolume(volumeId: string, sizeBytes: number, options?: { live: boolean }): Promise<void> {
    const name = volumeName(volumeId);
    await this.#queue.run(volumeId, () =>
      this.#typed(`volume ${volumeId}`, async () => {
        const volume = await this.#images.info(name);
        if (!volume) throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
        if (sizeBytes < volume.size)
          throw problem(Reason.DISK_CANNOT_SHRINK, {
            disk: volumeId,
            current: formatBytes(volume.size),
            wanted: formatBytes(sizeBytes),
          });
        if (sizeBytes > volume.size && !options?.live) await this.#images.grow(name, sizeBytes);
      }),
    );
  }

  async deleteVolume(volumeId: string): Promise<void> {
    const name = volumeName(volumeId);
    await this.#queue.run(volumeId, () =>
      this.#typed(`volume ${volumeId}`, async () => {
        this.#readers.assertNone(volumeId);
        try {
          await this.#images.remove(name);
        } catch (error) {
          if (isErrno(error, Errno.EBUSY)) throw inUse("volume", volumeId, "it is open", error);
          if (!isErrno(error, Errno.ENOTEMPTY)) throw error;
          await this.#removeWithSnapshots(volumeId);
        }
        await this.#owners.forget(volumeId);
      }),
    );
  }

  async listVolumes(): Promise<VolumeInfo[]> {
    return this.#typed("the list of its volumes", async () => {
      const [listed, used] = await Promise.all([
        this.#images.list(),
        this.#knowsUsed ? this.#images.used() : undefined,
      ]);
      return listed.flatMap((line) => {
        const volumeId = volumeIdOf(line);
        if (!volumeId) return [];
        const snapshots = listed.filter(({ image }) => image === line.image);
        return volumeInfo(volumeId, line, { snapshots, used: used?.filter(({ name }) => name === line.image) });
      });
    });
  }

  async listFiles(limit: number): Promise<PoolFile[]> {
    return this.#typed("the list of its images", async () => {
      const files = (await this.#images.list()).flatMap(poolFile);
      // What is ours comes first, so that a limit cuts off what is not.
      const foreign = ({ type }: PoolFile) => type === Type.FOREIGN;
      return [...files.filter((file) => !foreign(file)), ...files.filter(foreign)].slice(0, limit);
    });
  }

  async ensureSeed(vmId: string, files: ReadonlyMap<string, string> | undefined): Promise<DiskSource | undefined> {
    const name = seedName(vmId);
    return this.#queue.run(name, () =>
      this.#typed(`the seed of VM ${vmId}`, async () => {
        if (await this.#images.info(name)) return this.#source(name);
        if (!files) return undefined;
        const unfinished = newSeedName(vmId);
        await this.#images.write(unfinished, noCloudSeed(files));
        await this.#images.rename(unfinished, name);
        return this.#source(name);
      }),
    );
  }

  async readSeed(vmId: string): Promise<ReadonlyMap<string, string> | undefined> {
    const image = await this.#typed(`the seed of VM ${vmId}`, () => this.#images.read(seedName(vmId)));
    return image && filesOfSeed(image);
  }

  async deleteSeed(vmId: string): Promise<void> {
    const name = seedName(vmId);
    await this.#queue.run(name, () => this.#typed(`the seed of VM ${vmId}`, () => this.#images.remove(name)));
  }

  /** Whether all that is needed is there, before anybody relies on it. */
  async #look(): Promise<void> {
    await this.#typed("to be opened", async () => {
      try {
        await this.#images.list();
      } catch (error) {
        if (!isErrno(error, Errno.ENOENT)) throw error;
        // The pool or its namespace: its words say which.
        throw problem(Reason.POOL_UNAVAILABLE, { pool: this.pool, cause: (error as Error).message }, { cause: error });
      }
    });
    this.#sweep();
  }

  async #find(volumeId: string): Promise<VolumeInfo | undefined> {
    const name = volumeName(volumeId);
    const [info, used, snapshots] = await Promise.all([
      this.#images.info(name),
      this.#knowsUsed ? this.#images.used(name) : undefined,
      this.#knowsUsed ? [] : this.#images.snapshots(name),
    ]);
    return info && volumeInfo(volumeId, info, { snapshots: used ?? snapshots, used });
  }

  async #removeWithSnapshots(volumeId: string): Promise<void> {
    const name = volumeName(volumeId);
    const clones = await this.#images.children(name);
    if (clones.length > 0) throw inUse("volume", volumeId, `${clones.length} linked clones are over it`);
    if (!(await this.#images.unwatched(name))) throw inUse("volume", volumeId, "it is open");
    await this.#images.removeAllSnapshots(name);
    await this.#images.remove(name);
  }

  /** No host has it to itself. RBD's own lock, where an image has it, would go from one guest to the other with each write. */
  async #attachShared(volumeId: string): Promise<DiskSource> {
    const name = volumeName(volumeId);
    const image = await this.#images.info(name);
    if (!image) throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
    if (!image.features.includes("exclusive-lock")) return this.#source(name);
    throw problem(Reason.UNSUPPORTED, { what: `sharing volume ${volumeId}`, why: "its image was not made for that" });
  }

  async #assertRoom(sizeBytes: number): Promise<void> {
    const available = Number((await this.capacity()).availableBytes);
    if (sizeBytes > available)
      throw problem(Reason.POOL_FULL, {
        pool: this.pool,
        needed: formatBytes(sizeBytes),
        available: formatBytes(available),
      });
  }

  /** In the background, once in a while. */
  #sweep(): void {
    const { clock, log } = this.#options;
    if (this.#sweptAtMs > 0 && clock.now() - this.#sweptAtMs < SWEEP_EVERY_MS) return;
    this.#sweptAtMs = clock.now();
    this.#golden.sweep().catch((error: unknown) => log.warn("sweep a pool", { pool: this.pool, err: error }));
  }

  #source(image: string): DiskSource {
    const { monitors, user } = this.#options.access;
    return {
      kind: "rbd",
      monitors,
      name: this.#images.path(image),
      user,
      secretId: this.#secretId,
      format: "raw",
    };
  }

  #typed<T>(what: string, work: () => Promise<T>): Promise<T> {
    return typed(this.pool, what, work);
  }
}

interface PoolStats {
  stored: number;
  max_avail: number;
  quota_bytes?: number;
}

const isClone = (kind: string) => kind === "image" || kind === "linked";

/** Undefined: a snapshot, or no complete volume of ours. */
function volumeIdOf({ image, snapshot }: ListedImage): string | undefined {
  const known = snapshot === undefined ? parseName(image) : undefined;
  return known?.kind === "volume" && !known.isNew ? known.ownerId : undefined;
}

function volumeInfo(
  volumeId: string,
  { size, parent }: Pick<ListedImage, "size" | "parent">,
  also: { snapshots: { snapshot?: string; snapshot_id?: number }[]; used: UsedLine[] | undefined },
): VolumeInfo {
  const below = parent && parseName(parent.image);
  return {
    volumeId,
    sizeBytes: size,
    usedBytes: also.used?.reduce((sum, line) => sum + line.used_size, 0),
    imageId: below?.kind === "image" ? below.ownerId : "",
    snapshotIds: also.snapshots
      .toSorted((a, b) => (a.snapshot_id ?? 0) - (b.snapshot_id ?? 0))
      .flatMap(({ snapshot }) => (snapshot !== undefined && isOurSnapshot(snapshot) ? snapshot : [])),
  };
}

function poolFile({ image, snapshot, size }: ListedImage): PoolFile[] {
  const known = parseName(image);
  const file = { path: spec(image, snapshot), sizeBytes: BigInt(size), ownerId: known?.ownerId ?? "" };
  if (!known || (snapshot !== undefined && known.kind === "volume" && !isOurSnapshot(snapshot)))
    return [create(PoolFileSchema, { ...file, ownerId: "", type: Type.FOREIGN })];
  // The snapshot of a golden copy is a part of it.
  if (snapshot !== undefined && known.kind !== "volume") return [];
  const types = { volume: Type.VOLUME, image: Type.IMAGE, seed: Type.SEED };
  return [create(PoolFileSchema, { ...file, type: snapshot === undefined ? types[known.kind] : Type.SNAPSHOT })];
}
