import { create } from "@bufbuild/protobuf";
import {
  ImageSpec_Format,
  type NfsConfig,
  type PoolCapabilities,
  PoolCapabilitiesSchema,
  problem,
  Reason,
  StoragePoolSpec_Backend,
} from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import { NfsExport } from "@limiquantix/nfs";
import type { StoredImage, VolumeBackend, VolumeLayers, VolumeRequest, VolumeSnapshots } from "@limiquantix/node";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { FilePool } from "../file-pool/file-pool.ts";
import { qemuFormat } from "../file-pool/image/stored-image.ts";
import { takeIntoUse } from "../file-pool/local-dir.ts";
import { poolFailure } from "../file-pool/pool-failure.ts";
import { checkedId } from "../file-pool/pool-paths.ts";
import { qemuSource } from "../file-pool/qemu-source.ts";
import { ifExists } from "../files/errno.ts";
import { KeyedQueue } from "../files/keyed-queue.ts";
import { NfsOwners, OWNERS } from "./nfs-owners.ts";
import { NfsQemuImg, type OpenSources } from "./nfs-qemu-img.ts";
import { NfsStore } from "./nfs-store.ts";

export interface NfsClientPoolOptions {
  pool: string;
  config: NfsConfig;
  /** This host's id: a UUID. */
  host: string;
  /** What guests that run on this host have open. */
  open: OpenSources;
  clock: Clock;
  log: Log;
  secretFile?: ((secretId: string) => string | undefined) | undefined;
}

const unsupported = {
  shared: "",
  images: "images are kept in the host's own pool: they are inspected as files of this host",
  discard: "QEMU's NFS client gives nothing back to the server",
  instant_clones: "NFSv3 shares no blocks between files",
  shared_disks: "QEMU's NFS client knows no cache that several guests could agree on",
};

const NOTE =
  "QEMU's NFS client has no locks and no fencing: a volume stays with the host that attached it until that host lets go of it, or an operator removes its file in owners/";

/**
 * A pool of files on an export that nothing is mounted of: the emulator reaches disks by its own NFSv3 client, and we list,
 * make and remove files by ours. Image files are kept elsewhere, and copied here once.
 */
export class NfsClientPool implements VolumeBackend {
  readonly pool: string;
  readonly backend = StoragePoolSpec_Backend.NFS;
  readonly capabilities: PoolCapabilities;
  readonly snapshots: VolumeSnapshots;
  readonly #files: FilePool;
  readonly #export: NfsExport;
  readonly #store: NfsStore;
  readonly #qemuImg: NfsQemuImg;
  readonly #owners: NfsOwners;
  readonly #options: NfsClientPoolOptions;
  readonly #root: string;
  readonly #copying = new KeyedQueue();

  private constructor(
    options: NfsClientPoolOptions,
    parts: { root: string; files: FilePool; exported: NfsExport; store: NfsStore; qemuImg: NfsQemuImg },
  ) {
    const { pool, host, clock } = options;
    this.pool = pool;
    this.#options = options;
    this.#root = parts.root;
    this.#files = parts.files;
    this.#export = parts.exported;
    this.#store = parts.store;
    this.#qemuImg = parts.qemuImg;
    this.#owners = new NfsOwners({ store: parts.store, root: parts.root, host, clock });
    const { capabilities } = parts.files;
    this.capabilities = create(PoolCapabilitiesSchema, { ...capabilities, images: false, discard: false });
    this.snapshots = this.#guarded(parts.files.snapshots);
  }

  static async open(options: NfsClientPoolOptions): Promise<NfsClientPool> {
    const { pool, config, host, clock, log, secretFile, open } = options;
    const root = config.export.replace(/(?<=.)\/+$/, "");
    let exported: NfsExport;
    try {
      exported = await NfsExport.open({ server: config.server, path: root, clock });
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause);
      throw problem(Reason.POOL_UNAVAILABLE, { pool, cause: words }, { cause });
    }
    try {
      const store = new NfsStore(pool, exported, { server: config.server, root });
      await typed({ pool, root, store }, () => takeIntoUse(pool, root, { store, unfinished: `.${host}.new` }));
      const qemuImg = new NfsQemuImg({ store, open, clock });
      const files = await FilePool.open({
        pool,
        root,
        backend: StoragePoolSpec_Backend.NFS,
        capabilities: { shared: true, sharedDisks: false, unsupported, note: NOTE },
        sharedAs: host,
        clock,
        log,
        qemuImg,
        store,
        secretFile,
      });
      return new NfsClientPool(options, { root, files, exported, store, qemuImg });
    } catch (error) {
      exported[Symbol.dispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#export[Symbol.dispose]();
  }

  capacity() {
    return this.#files.capacity();
  }

  async ensureVolume(request: VolumeRequest) {
    const { from, volumeId } = request;
    checkedId(volumeId, "volume_id");
    if (from?.kind !== "image" || (await this.#files.findVolume(volumeId))) return this.#files.ensureVolume(request);
    const path = await this.#typed(() => this.#golden(from.image, request));
    const image = { ...from.image, path, format: ImageSpec_Format.QCOW2 };
    return this.#files.ensureVolume({ ...request, from: { kind: "image", image } });
  }

  findVolume(volumeId: string) {
    return this.#files.findVolume(volumeId);
  }

  async attach(volumeId: string) {
    checkedId(volumeId, "volume_id");
    if (!(await this.#files.findVolume(volumeId))) throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
    await this.#typed(() => this.#owners.take(volumeId));
    return this.#files.attach(volumeId);
  }

  async detach(volumeId: string): Promise<void> {
    checkedId(volumeId, "volume_id");
    await this.#typed(() => this.#owners.letGo(volumeId));
  }

  async growVolume(volumeId: string, sizeBytes: number, options?: { live: boolean }): Promise<void> {
    await this.#assertOurs(volumeId);
    await this.#files.growVolume(volumeId, sizeBytes, options);
  }

  async deleteVolume(volumeId: string): Promise<void> {
    await this.#assertOurs(volumeId);
    await this.#files.deleteVolume(volumeId);
    await this.detach(volumeId);
  }

  listVolumes() {
    return this.#files.listVolumes();
  }

  async listFiles(limit: number) {
    const files = await this.#files.listFiles(limit);
    return files.filter(({ path }) => path !== OWNERS && !path.startsWith(`${OWNERS}/`));
  }

  ensureSeed(vmId: string, files: ReadonlyMap<string, string> | undefined) {
    return this.#files.ensureSeed(vmId, files);
  }

  readSeed(vmId: string) {
    return this.#files.readSeed(vmId);
  }

  deleteSeed(vmId: string) {
    return this.#files.deleteSeed(vmId);
  }

  /** The pool's own copy of an image; of two hosts that make it at once one's is thrown away. */
  #golden(image: StoredImage, { signal, onProgress, sizeBytes }: VolumeRequest): Promise<string> {
    const path = join(this.#root, "images", `${checkedId(image.imageId, "image_id")}.qcow2`);
    return this.#copying.run(image.imageId, async () => {
      if (await ifExists(this.#store.stat(path))) return path;
      signal.throwIfAborted();
      if ((await ifExists(access(image.path).then(() => true))) === undefined)
        throw problem(Reason.NOT_FOUND, { kind: "image", id: image.imageId });
      // What does not fit is refused by whoever makes the volume, without a copy.
      if (image.virtualSizeBytes > sizeBytes) return image.path;
      const temporary = `${path}.${this.#options.host}.new`;
      const from = qemuSource({ kind: "file", path: image.path, format: qemuFormat(image.format) });
      try {
        await this.#store.remove(temporary);
        await this.#qemuImg.convert(from, temporary, { backing: undefined, thick: false, signal, onProgress });
        await this.#store.makeDurable(temporary);
        await this.#store.link(temporary, path);
      } finally {
        await this.#store.remove(temporary);
      }
      return path;
    });
  }

  #guarded(snapshots: VolumeSnapshots): VolumeSnapshots {
    const ours = async <T>(volumeId: string, work: () => Promise<T>, snapshotId?: string) => {
      checkedId(volumeId, "volume_id");
      if (snapshotId !== undefined) checkedId(snapshotId, "snapshot_id");
      await this.#assertOurs(volumeId);
      return work();
    };
    const { layers } = snapshots;
    const guardedLayers: VolumeLayers | undefined = layers && {
      prepare: (volumeId, id) => ours(volumeId, () => layers.prepare(volumeId, id), id),
      planMerge: (volumeId, id) => ours(volumeId, () => layers.planMerge(volumeId, id), id),
      settle: (volumeId, top) => ours(volumeId, () => layers.settle(volumeId, top)),
    };
    return {
      how: snapshots.how,
      layers: guardedLayers,
      create: (volumeId, id) => ours(volumeId, () => snapshots.create(volumeId, id), id),
      revert: (volumeId, id) => ours(volumeId, () => snapshots.revert(volumeId, id), id),
      delete: (volumeId, id, work) => ours(volumeId, () => snapshots.delete(volumeId, id, work), id),
      usedBytes: (...given) => snapshots.usedBytes(...given),
    };
  }

  async #assertOurs(volumeId: string): Promise<void> {
    checkedId(volumeId, "volume_id");
    await this.#typed(() => this.#owners.assertNotElsewhere(volumeId));
  }

  #typed<T>(work: () => Promise<T>): Promise<T> {
    return typed({ pool: this.pool, root: this.#root, store: this.#store }, work);
  }
}

async function typed<T>(
  { pool, root, store }: { pool: string; root: string; store: NfsStore },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await poolFailure(error, { pool, root, neededBytes: 0, space: () => store.space() });
  }
}
