import { create } from "@bufbuild/protobuf";
import {
  type PoolCapabilities,
  type PoolCapacity,
  PoolCapacitySchema,
  type PoolFile,
  problem,
  Reason,
  StoragePoolSpec_Backend,
} from "@limiquantix/api";
import { type Clock, formatBytes, type Log } from "@limiquantix/kit";
import type { DiskSource, VolumeBackend, VolumeInfo, VolumeRequest } from "@limiquantix/node";
import { join, resolve } from "node:path";
import { ifExists } from "../files/errno.ts";
import { KeyedQueue } from "../files/keyed-queue.ts";
import { filesOfSeed, noCloudSeed } from "../nocloud/seed.ts";
import { fileCapabilities } from "./capabilities.ts";
import { FileChains } from "./file-chains.ts";
import { FileMemory } from "./file-memory.ts";
import { type FileStore, LocalStore } from "./file-store.ts";
import { FileSnapshots } from "./file-snapshots.ts";
import { httpDownloader } from "./image/download.ts";
import { FileImages } from "./image/file-images.ts";
import { ImageUsers } from "./image/image-users.ts";
import { NewVolume } from "./new-volume.ts";
import { listPoolFiles } from "./pool-files.ts";
import { isDamage, poolFailure, poolFull } from "./pool-failure.ts";
import { checkedId, layerOfFile, type PoolPaths, poolPaths } from "./pool-paths.ts";
import { isLocked, QemuImg } from "./qemu-img.ts";
import { SharedFiles } from "./shared-files.ts";
import { inUse, VolumeFiles } from "./volume-files.ts";

export interface FilePoolOptions {
  /** Its name on this host: local, or the pool's id. */
  pool: string;
  /** Absolute path of a directory that is ours alone. */
  root: string;
  /** LOCAL_DIR where it is not said. */
  backend?: StoragePoolSpec_Backend | undefined;
  /** What differs from a directory on this host; a reason of "" takes one away. */
  capabilities?: Partial<Pick<PoolCapabilities, "shared" | "sharedDisks" | "unsupported" | "note">> | undefined;
  /** This host's id, where several hosts have the directory: what another one is writing is not swept away. */
  sharedAs?: string | undefined;
  clock: Clock;
  log: Log;
  qemuImg?: QemuImg | undefined;
  /** Where the directory is not this host's. */
  store?: FileStore | undefined;
  /** A file with the secret of a disk outside of the pool, base64, for qemu-img to read. */
  secretFile?: ((secretId: string) => string | undefined) | undefined;
}

/** A pool in a directory: qcow2 files, overlays on the images that lie beside them, snapshots as layers. */
export class FilePool implements VolumeBackend {
  readonly pool: string;
  readonly backend: StoragePoolSpec_Backend;
  readonly capabilities: PoolCapabilities;
  readonly images: FileImages;
  readonly snapshots: FileSnapshots;
  readonly memory: FileMemory;
  readonly #paths: PoolPaths;
  readonly #files: VolumeFiles;
  readonly #chains: FileChains;
  readonly #shared: SharedFiles;
  readonly #users: ImageUsers;
  readonly #queue = new KeyedQueue();
  readonly #secretFile: FilePoolOptions["secretFile"];
  readonly #isShared: boolean;
  readonly #log: Log;

  private constructor(options: FilePoolOptions, files: VolumeFiles, capabilities: PoolCapabilities) {
    const { pool, clock, log } = options;
    this.pool = pool;
    this.#log = log;
    this.backend = options.backend ?? StoragePoolSpec_Backend.LOCAL_DIR;
    this.capabilities = capabilities;
    this.#paths = files.paths;
    this.#files = files;
    this.#chains = new FileChains(files);
    this.#secretFile = options.secretFile;
    this.#shared = new SharedFiles(files, options.secretFile);
    this.#isShared = options.sharedAs !== undefined;
    this.#users = new ImageUsers((imageId) => this.#volumesOver(imageId));
    const typed = <T>(work: () => Promise<T>) => this.#typed(work);
    this.images = new FileImages({
      pool,
      paths: this.#paths,
      users: this.#users,
      download: httpDownloader({ clock, log }),
    });
    this.snapshots = new FileSnapshots({ files, chains: this.#chains, queue: this.#queue, typed });
    this.memory = new FileMemory(this.#paths.memory, typed);
  }

  /** Opens the pool, making its folders, and removes what an earlier run left half-made. */
  static async open(options: FilePoolOptions): Promise<FilePool> {
    const { pool, sharedAs } = options;
    const paths = poolPaths(resolve(options.root));
    const unfinished = sharedAs === undefined ? ".new" : `.${checkedId(sharedAs, "host")}.new`;
    const store = options.store ?? new LocalStore(paths);
    const files = new VolumeFiles(paths, options.qemuImg ?? new QemuImg(), unfinished, store);
    try {
      await store.makeFolders();
      const capabilities = await fileCapabilities(store, paths.volumes, unfinished);
      Object.assign(capabilities, options.capabilities, {
        unsupported: withoutEmpty({ ...capabilities.unsupported, ...options.capabilities?.unsupported }),
      });
      const opened = new FilePool(options, files, capabilities);
      await opened.#sweep();
      return opened;
    } catch (error) {
      throw await poolFailure(error, { pool, root: paths.root, neededBytes: 0, space: () => store.space(pool) });
    }
  }

  /** Nothing of it is held open. */
  async [Symbol.asyncDispose](): Promise<void> {}

  async capacity(): Promise<PoolCapacity> {
    const { totalBytes, usedBytes, availableBytes } = await this.#files.store.space(this.pool);
    const provisioned = (await this.listVolumes()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return create(PoolCapacitySchema, {
      totalBytes: BigInt(totalBytes),
      usedBytes: BigInt(usedBytes),
      availableBytes: BigInt(availableBytes),
      provisionedBytes: BigInt(provisioned),
    });
  }

  async ensureVolume(request: VolumeRequest): Promise<VolumeInfo> {
    const { volumeId, sizeBytes, thick } = request;
    checkedId(volumeId, "volume_id");
    return this.#queue.run(volumeId, () =>
      this.#typed(async () => {
        const there = await this.#files.info(volumeId);
        if (there) return there;
        await this.#files.finishDeletion(volumeId);
        if (thick) await this.#assertRoom(sizeBytes);
        const [files, chains, queue, users] = [this.#files, this.#chains, this.#queue, this.#users];
        if (request.shared) await this.#shared.make(request);
        else
          await this.#fromShared(request, async (from) => {
            await new NewVolume(
              { files, chains, queue, users, secretFile: this.#secretFile },
              { ...request, from },
            ).make();
          });
        const made = await this.#files.info(volumeId);
        if (!made) throw new Error(`volume ${volumeId} vanished right after it was made`);
        return made;
      }, sizeBytes),
    );
  }

  async findVolume(volumeId: string): Promise<VolumeInfo | undefined> {
    checkedId(volumeId, "volume_id");
    return this.#typed(() => this.#files.info(volumeId));
  }

  /** A file needs nothing to be reached but that it is settled which one it is. */
  async attach(volumeId: string): Promise<DiskSource> {
    checkedId(volumeId, "volume_id");
    return this.#queue.run(volumeId, () =>
      this.#typed(async () => {
        const shared = await this.#shared.source(volumeId);
        if (shared) return shared;
        const found = await this.#files.get(volumeId);
        // While the guest runs the switch is not settled yet: it has the top, or will tell.
        const isSwitching =
          found.step?.kind === "switch" && (await this.#isOpen(volumeId, found.top, found.step.layer));
        const { top } = isSwitching ? found : await this.#chains.settled(volumeId);
        return this.#files.sourceOf(volumeId, top);
      }),
    );
  }

  async detach(volumeId: string): Promise<void> {
    checkedId(volumeId, "volume_id");
  }

  async growVolume(volumeId: string, sizeBytes: number, options?: { live: boolean }): Promise<void> {
    checkedId(volumeId, "volume_id");
    await this.#queue.run(volumeId, () =>
      this.#typed(async () => {
        const shared = await this.#files.sharedInfo(volumeId);
        const current = shared?.sizeBytes ?? (await this.#topSize(volumeId));
        if (sizeBytes < current)
          throw problem(Reason.DISK_CANNOT_SHRINK, {
            disk: volumeId,
            current: formatBytes(current),
            wanted: formatBytes(sizeBytes),
          });
        // The emulator that has the file open resizes it.
        if (sizeBytes === current || options?.live) return;
        if (shared) return this.#shared.grow(shared, sizeBytes);
        const chain = await this.#chains.settled(volumeId);
        const path = this.#files.path(volumeId, chain.top);
        await this.#files.qemuImg.grow(path, sizeBytes, { thick: false }).catch((error: unknown) => {
          throw isLocked(error) ? inUse(volumeId, "a guest has it open", error) : error;
        });
      }, sizeBytes),
    );
  }

  async deleteVolume(volumeId: string): Promise<void> {
    checkedId(volumeId, "volume_id");
    await this.#queue.run(volumeId, () => this.#typed(() => this.#delete(volumeId)));
  }

  async listVolumes(): Promise<VolumeInfo[]> {
    return this.#typed(async () => {
      const found: VolumeInfo[] = [];
      await this.#eachVolume(async (volumeId) => {
        const volume = await this.#files.info(volumeId);
        if (volume) found.push(volume);
      });
      return found;
    });
  }

  listFiles(limit: number): Promise<PoolFile[]> {
    return this.#typed(() => listPoolFiles(this.#files, limit));
  }

  async ensureSeed(vmId: string, files: ReadonlyMap<string, string> | undefined): Promise<DiskSource | undefined> {
    const path = this.#seedPath(vmId);
    return this.#queue.run(`seed ${vmId}`, () =>
      this.#typed(async () => {
        const { store } = this.#files;
        if (!(await ifExists(store.stat(path)))) {
          if (!files) return undefined;
          await store.write(path, noCloudSeed(files), this.#files.unfinished);
        }
        return store.sourceOf(path, "raw");
      }),
    );
  }

  async readSeed(vmId: string): Promise<ReadonlyMap<string, string> | undefined> {
    const path = this.#seedPath(vmId);
    const image = await this.#typed(() => ifExists(this.#files.store.readAll(path)));
    return image && filesOfSeed(image);
  }

  async deleteSeed(vmId: string): Promise<void> {
    const path = this.#seedPath(vmId);
    await this.#queue.run(`seed ${vmId}`, () => this.#typed(() => this.#files.remove(path)));
  }

  #seedPath(vmId: string): string {
    return join(this.#paths.seeds, `${checkedId(vmId, "vm_id")}.iso`);
  }

  async #isOpen(volumeId: string, ...layers: number[]): Promise<boolean> {
    for (const layer of layers) if (await this.#files.isOpen(this.#files.path(volumeId, layer))) return true;
    return false;
  }

  async #assertRoom(sizeBytes: number): Promise<void> {
    const { availableBytes } = await this.#files.store.space(this.pool);
    if (availableBytes < sizeBytes) throw poolFull(this.pool, sizeBytes, availableBytes);
  }

  async #topSize(volumeId: string): Promise<number> {
    const { top } = await this.#files.get(volumeId);
    return this.#files.sizeBytes(volumeId, top);
  }

  /** A copy of a volume that is one raw file is made as of a disk outside of the pool. */
  async #fromShared({ from }: VolumeRequest, make: (from: VolumeRequest["from"]) => Promise<void>): Promise<void> {
    const source = from?.kind === "volume" && !from.snapshotId ? await this.#shared.source(from.volumeId) : undefined;
    if (from?.kind !== "volume" || !source) return make(from);
    await this.#files.assertFileClosed(from.volumeId, this.#files.sharedPath(from.volumeId), "raw");
    await this.#files.reading(from.volumeId, () => make({ kind: "source", source }));
  }

  async #delete(volumeId: string): Promise<void> {
    if (await this.#files.sharedInfo(volumeId)) return this.#shared.delete(volumeId);
    const chain = await this.#files.find(volumeId);
    if (chain) {
      const layers = chain.layers.map(({ number }) => number);
      this.#files.assertUnread(volumeId);
      await this.#files.assertNoClones(volumeId, layers);
      for (const layer of layers) await this.#files.assertClosed(volumeId, layer);
      // What is one file goes at once; of more the first to go would leave a volume without its beginning.
      if (layers.length > 1 || chain.next > 1) await this.#files.save(volumeId, { ...chain, deleting: true });
    }
    await this.#files.removeAll(volumeId);
  }

  async #volumesOver(imageId: string): Promise<string[]> {
    return (await this.listVolumes()).flatMap((volume) => (volume.imageId === imageId ? volume.volumeId : []));
  }

  /** What was not complete goes; so do, where no other host has the pool, layers that no chain knows. */
  async #sweep(): Promise<void> {
    const { volumes, images, seeds, partial, memory } = this.#paths;
    for (const folder of [volumes, images, seeds, partial, memory])
      for (const { name } of await this.#files.store.entries(folder))
        if (name.endsWith(this.#files.unfinished)) await this.#files.store.remove(join(folder, name));
    if (this.#isShared) return;
    await this.#eachVolume(async (volumeId) => {
      const chain = await this.#files.find(volumeId);
      if (chain) await this.#sweepLayers(volumeId, new Set(chain.layers.map(({ number }) => number)));
      else await this.#files.finishDeletion(volumeId);
    });
  }

  /** One that is damaged is left alone, and holds up no other. */
  async #eachVolume(work: (volumeId: string) => Promise<void>): Promise<void> {
    for (const volumeId of await this.#files.ids()) {
      try {
        await work(volumeId);
      } catch (error) {
        if (!isDamage(error)) throw error;
        this.#log.warn("a volume cannot be read", { pool: this.pool, volumeId, error: String(error) });
      }
    }
  }

  async #sweepLayers(volumeId: string, known: ReadonlySet<number>): Promise<void> {
    for (const name of await this.#files.namesOf(volumeId)) {
      const layer = layerOfFile(name)?.layer;
      if (layer !== undefined && !known.has(layer)) await this.#files.remove(join(this.#paths.volumes, name));
    }
  }

  async #typed<T>(work: () => Promise<T>, neededBytes = 0): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { pool } = this;
      const space = () => this.#files.store.space(pool);
      throw await poolFailure(error, { pool, root: this.#paths.root, neededBytes, space });
    }
  }
}

function withoutEmpty(reasons: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(reasons).filter(([, why]) => why !== ""));
}
