import { create } from "@bufbuild/protobuf";
import {
  invalid,
  type PoolCapacity,
  PoolCapacitySchema,
  problem,
  Reason,
  StoragePoolSpec_Backend,
} from "@limiquantix/api";
import { type Clock, formatBytes, type Log } from "@limiquantix/kit";
import type { StoredImage, VolumeBackend, VolumeCopy, VolumeInfo, VolumeRequest } from "@limiquantix/node";
import { open, readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { renameDurably, syncDirectory, writeFileAtomically } from "../files/atomic-file.ts";
import { ifExists } from "../files/errno.ts";
import { KeyedQueue } from "../files/keyed-queue.ts";
import { noCloudSeed } from "../nocloud/seed.ts";
import { httpDownloader } from "./image/download.ts";
import { ImageUsers } from "./image/image-users.ts";
import { LocalImages } from "./image/local-images.ts";
import { parseQcow2Header, QCOW2_HEAD_BYTES } from "./image/qcow2-header.ts";
import { imageExtensions, qemuFormat } from "./image/stored-image.ts";
import { measureSpace, poolFailure, poolFull } from "./pool-failure.ts";
import { checkedId, idOfFile, makeFolders, type PoolPaths, poolPaths } from "./pool-paths.ts";
import { isLocked, QemuImg } from "./qemu-img.ts";
import { shareBlocks } from "./share-blocks.ts";

export interface LocalPoolOptions {
  /** Its name on this host: local. */
  pool: string;
  /** Absolute path of a directory that is ours alone. */
  root: string;
  clock: Clock;
  log: Log;
  qemuImg?: QemuImg;
}

/** A pool in a directory: qcow2 files, overlays on the images that lie beside them. */
export class LocalVolumes implements VolumeBackend {
  readonly pool: string;
  readonly backend = StoragePoolSpec_Backend.LOCAL_DIR;
  readonly images: LocalImages;
  readonly #paths: PoolPaths;
  readonly #qemuImg: QemuImg;
  readonly #users: ImageUsers;
  readonly #queue = new KeyedQueue();

  private constructor(options: LocalPoolOptions) {
    const { pool, root, clock, log } = options;
    this.pool = pool;
    this.#paths = poolPaths(resolve(root));
    this.#qemuImg = options.qemuImg ?? new QemuImg();
    this.#users = new ImageUsers((imageId) => this.#volumesOver(imageId));
    this.images = new LocalImages({
      pool,
      paths: this.#paths,
      users: this.#users,
      download: httpDownloader({ clock, log }),
    });
  }

  /** Opens the pool, making its folders, and removes what an earlier run left half-made. */
  static async open(options: LocalPoolOptions): Promise<LocalVolumes> {
    const volumes = new LocalVolumes(options);
    await volumes.#typed(async () => {
      await makeFolders(volumes.#paths);
      await volumes.#sweep();
    });
    return volumes;
  }

  async capacity(): Promise<PoolCapacity> {
    const space = await measureSpace(this.pool, this.#paths.root);
    let provisioned = 0;
    for (const id of await this.listVolumes()) provisioned += (await this.findVolume(id))?.sizeBytes ?? 0;
    return create(PoolCapacitySchema, {
      totalBytes: BigInt(space.totalBytes),
      usedBytes: BigInt(space.usedBytes),
      availableBytes: BigInt(space.availableBytes),
      provisionedBytes: BigInt(provisioned),
    });
  }

  async ensureVolume(request: VolumeRequest): Promise<VolumeInfo> {
    const { volumeId, imageId } = request;
    const path = this.#volumePath(volumeId);
    return this.#queue.run(volumeId, async () => {
      const there = await this.findVolume(volumeId);
      if (there) return there;
      if (request.copy) await this.#makeCopy(request, request.copy);
      else if (imageId) await this.#users.using(imageId, async () => this.#make(request, await this.#image(imageId)));
      else await this.#make(request, undefined);
      const made = await this.findVolume(volumeId);
      if (!made) throw new Error(`${path} vanished right after it was made`);
      return made;
    });
  }

  async findVolume(volumeId: string): Promise<VolumeInfo | undefined> {
    const path = this.#volumePath(volumeId);
    const head = await this.#typed(() => readHead(path));
    if (!head) return undefined;
    const { virtualSizeBytes, backingFile } = parseQcow2Header(head);
    return {
      volumeId,
      path,
      format: "qcow2",
      sizeBytes: virtualSizeBytes,
      imageId: this.#imageIdOf(backingFile),
    };
  }

  async growVolume(volumeId: string, sizeBytes: number): Promise<void> {
    await this.#queue.run(volumeId, async () => {
      const volume = await this.findVolume(volumeId);
      if (!volume) throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
      if (sizeBytes === volume.sizeBytes) return;
      if (sizeBytes < volume.sizeBytes)
        throw problem(Reason.DISK_CANNOT_SHRINK, {
          disk: volumeId,
          current: formatBytes(volume.sizeBytes),
          wanted: formatBytes(sizeBytes),
        });
      await this.#typed(() => this.#qemuImg.grow(volume.path, sizeBytes), sizeBytes - volume.sizeBytes);
    });
  }

  async deleteVolume(volumeId: string): Promise<void> {
    const path = this.#volumePath(volumeId);
    await this.#queue.run(volumeId, () => this.#typed(() => removeDurably(path)));
  }

  async listVolumes(): Promise<string[]> {
    const names = await this.#typed(() => readdir(this.#paths.volumes));
    return names.flatMap((name) => idOfFile(name, ".qcow2") ?? []).toSorted();
  }

  async ensureSeed(vmId: string, files: ReadonlyMap<string, string>): Promise<string> {
    const path = this.#seedPath(vmId);
    return this.#queue.run(`seed ${vmId}`, async () => {
      if (await this.findSeed(vmId)) return path;
      const image = noCloudSeed(files);
      await this.#typed(() => writeFileAtomically(path, image), image.length);
      return path;
    });
  }

  async findSeed(vmId: string): Promise<string | undefined> {
    const path = this.#seedPath(vmId);
    return (await this.#typed(() => ifExists(stat(path)))) ? path : undefined;
  }

  async deleteSeed(vmId: string): Promise<void> {
    const path = this.#seedPath(vmId);
    await this.#queue.run(`seed ${vmId}`, () => this.#typed(() => removeDurably(path)));
  }

  #volumePath(volumeId: string): string {
    return join(this.#paths.volumes, `${checkedId(volumeId, "volume_id")}.qcow2`);
  }

  #seedPath(vmId: string): string {
    return join(this.#paths.seeds, `${checkedId(vmId, "vm_id")}.iso`);
  }

  async #image(imageId: string): Promise<StoredImage> {
    const image = await this.images.find(imageId);
    if (!image) throw problem(Reason.IMAGE_NOT_READY, { image: imageId, phase: `not in pool ${this.pool}` });
    return image;
  }

  async #make(request: VolumeRequest, image: StoredImage | undefined): Promise<void> {
    const { sizeBytes, thick } = request;
    if (image && sizeBytes < image.virtualSizeBytes) throw tooSmall(sizeBytes, image.imageId, image.virtualSizeBytes);
    const backing = image && this.#backingOf(image);
    await this.#complete(request, (path) => this.#qemuImg.create(path, { sizeBytes, backing, thick }));
  }

  /**
   * The source's file read through, so that the copy leans on the source's image at most; or, where the file system shares
   * blocks between files, made of the same blocks.
   */
  async #makeCopy(request: VolumeRequest, { sourceId, signal, onProgress }: VolumeCopy): Promise<void> {
    const { sizeBytes, thick } = request;
    const source = await this.findVolume(sourceId);
    if (!source) throw problem(Reason.NOT_FOUND, { kind: "volume", id: sourceId });
    if (sizeBytes < source.sizeBytes) throw tooSmall(sizeBytes, sourceId, source.sizeBytes);
    const image = source.imageId ? await this.#image(source.imageId) : undefined;
    const backing = image && this.#backingOf(image);
    const copy = async (path: string) => {
      signal.throwIfAborted();
      // Fails where a guest has it open: blocks that are shared know of no lock.
      await this.#qemuImg.assertUnlocked(source.path);
      if (thick || !(await shareBlocks(source.path, path)))
        await this.#qemuImg.convert(source.path, path, { backing, thick, signal, onProgress });
      if (sizeBytes > source.sizeBytes) await this.#qemuImg.grow(path, sizeBytes);
    };
    const under = () => this.#complete(request, copy);
    try {
      await (source.imageId ? this.#users.using(source.imageId, under) : under());
    } catch (error) {
      signal.throwIfAborted();
      if (!isLocked(error)) throw error;
      const by = "a guest has it open";
      throw problem(Reason.IN_USE, { kind: "volume", name: sourceId, by }, { cause: error });
    }
  }

  /** Under another name until it is complete, so that a crash leaves no half volume. */
  async #complete(
    { volumeId, sizeBytes, thick }: VolumeRequest,
    write: (path: string) => Promise<void>,
  ): Promise<void> {
    const path = this.#volumePath(volumeId);
    const temporary = `${path}.new`;
    if (sizeBytes <= 0 || sizeBytes % 512 !== 0)
      throw invalid([
        { field: "size_bytes", message: `a disk has whole sectors of 512 bytes, not ${sizeBytes} bytes` },
      ]);
    if (thick) {
      const { availableBytes } = await measureSpace(this.pool, this.#paths.root);
      if (availableBytes < sizeBytes) throw poolFull(this.pool, sizeBytes, availableBytes);
    }
    try {
      await this.#typed(async () => {
        await rm(temporary, { force: true });
        await write(temporary);
        await makeDurable(temporary);
        await renameDurably(temporary, path);
      }, sizeBytes);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** Relative, so that the pool as a whole can be moved. */
  #backingOf(image: StoredImage) {
    return { path: relative(this.#paths.volumes, image.path), format: qemuFormat(image.format) };
  }

  async #volumesOver(imageId: string): Promise<string[]> {
    const ids = await this.listVolumes();
    const volumes = await Promise.all(ids.map((id) => this.findVolume(id)));
    return volumes.flatMap((volume) => (volume?.imageId === imageId ? volume.volumeId : []));
  }

  #imageIdOf(backingFile: string): string {
    if (resolve(this.#paths.volumes, dirname(backingFile)) !== this.#paths.images) return "";
    const ids = imageExtensions.map((extension) => idOfFile(basename(backingFile), extension));
    return ids.find((id) => id !== undefined) ?? "";
  }

  async #sweep(): Promise<void> {
    for (const folder of [this.#paths.volumes, this.#paths.images, this.#paths.seeds, this.#paths.partial])
      for (const name of await readdir(folder)) if (name.endsWith(".new")) await rm(join(folder, name));
  }

  async #typed<T>(work: () => Promise<T>, neededBytes = 0): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw await poolFailure(error, { pool: this.pool, root: this.#paths.root, neededBytes });
    }
  }
}

async function readHead(path: string): Promise<Buffer | undefined> {
  const handle = await ifExists(open(path, "r"));
  if (!handle) return undefined;
  try {
    const head = Buffer.alloc(QCOW2_HEAD_BYTES);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function tooSmall(sizeBytes: number, image: string, neededBytes: number) {
  const [size, needed] = [formatBytes(sizeBytes), formatBytes(neededBytes)];
  return problem(Reason.DISK_TOO_SMALL_FOR_IMAGE, { size, image, needed });
}

async function makeDurable(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.chmod(0o600);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeDurably(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncDirectory(dirname(path));
}
