import { invalid, problem, Reason } from "@limiquantix/api";
import { formatBytes } from "@limiquantix/kit";
import type { DiskSource, VolumeOrigin, VolumeRequest } from "@limiquantix/node";
import { access } from "node:fs/promises";
import { dirname } from "node:path";
import { ifExists } from "../files/errno.ts";
import type { KeyedQueue } from "../files/keyed-queue.ts";
import { layerOf } from "./chain.ts";
import type { FileChains } from "./file-chains.ts";
import type { ImageUsers } from "./image/image-users.ts";
import { qemuFormat } from "./image/stored-image.ts";
import { checkedId } from "./pool-paths.ts";
import { type Backing, isLocked } from "./qemu-img.ts";
import { type QemuSource, qemuSource } from "./qemu-source.ts";
import { inUse, type VolumeFiles } from "./volume-files.ts";

export interface NewVolumeParts {
  files: VolumeFiles;
  chains: FileChains;
  queue: KeyedQueue;
  users: ImageUsers;
  /** A file with a secret that a disk outside of the pool needs, base64. */
  secretFile?: ((secretId: string) => string | undefined) | undefined;
}

/** Writes a volume's first file, by what it begins with. */
export class NewVolume {
  readonly #parts: NewVolumeParts;
  readonly #files: VolumeFiles;
  readonly #request: VolumeRequest;

  constructor(parts: NewVolumeParts, request: VolumeRequest) {
    this.#parts = parts;
    this.#files = parts.files;
    this.#request = request;
  }

  async make(): Promise<void> {
    const { from, sizeBytes, signal } = this.#request;
    if (sizeBytes <= 0 || sizeBytes % 512 !== 0)
      throw invalid([
        { field: "size_bytes", message: `a disk has whole sectors of 512 bytes, not ${sizeBytes} bytes` },
      ]);
    signal.throwIfAborted();
    try {
      await this.#from(from);
    } catch (error) {
      signal.throwIfAborted();
      if (!isLocked(error)) throw error;
      throw inUse(from?.kind === "volume" ? from.volumeId : "of the disk's source", "a guest has it open", error);
    }
  }

  #from(from: VolumeOrigin | undefined): Promise<void> {
    switch (from?.kind) {
      case undefined:
        return this.#write((path) => this.#create(path, undefined));
      case "image":
        return this.#fromImage(from.image);
      case "volume":
        return this.#copy(checkedId(from.volumeId, "from.volume_id"), from.snapshotId);
      case "linked":
        return this.#link(checkedId(from.volumeId, "from.volume_id"), from.snapshotId);
      case "source":
        return this.#fromSource(from.source, from.source.kind);
    }
  }

  /** Over the image where that lies in this pool, else a copy of it. */
  async #fromImage(image: Extract<VolumeOrigin, { kind: "image" }>["image"]): Promise<void> {
    const { imageId, path, virtualSizeBytes } = image;
    const format = qemuFormat(image.format);
    if (dirname(path) !== this.#files.paths.images) return this.#fromSource({ kind: "file", path, format }, imageId);
    return this.#parts.users.using(imageId, async () => {
      if (!(await ifExists(this.#files.store.stat(path)))) throw notFound("image", imageId);
      this.#assertFits(virtualSizeBytes, imageId);
      await this.#write((to) => this.#create(to, this.#files.backing(path, format)));
    });
  }

  async #fromSource(source: DiskSource, name: string): Promise<void> {
    const { signal, onProgress, thick } = this.#request;
    if (source.kind === "file" || source.kind === "block") await assertThere(source.path, "disk", source.path);
    const from = qemuSource(source, this.#parts.secretFile);
    this.#assertFits(await this.#files.qemuImg.virtualSizeBytes(from), name);
    await this.#write(async (path) => {
      await this.#files.qemuImg.convert(from, path, { backing: undefined, thick, signal, onProgress });
      await this.#grow(path);
    });
  }

  /** The snapshot's layer is not taken away while it is being linked: that waits for its turn. */
  async #link(volumeId: string, snapshotId: string): Promise<void> {
    // Before its turn is waited for: nobody waits for a volume that is not there, so no two wait for each other.
    await this.#layer(volumeId, snapshotId);
    await this.#parts.queue.run(volumeId, async () => {
      await this.#parts.chains.settled(volumeId);
      const layer = await this.#layer(volumeId, snapshotId);
      this.#assertFits(await this.#files.sizeBytes(volumeId, layer), volumeId);
      const backing = this.#files.backing(this.#files.path(volumeId, layer), "qcow2");
      await this.#write((path) => this.#create(path, backing));
    });
  }

  /**
   * The source's chain read through, so that the copy leans on its image at most; or, where it is one file and the file
   * system shares blocks between files, made of the same blocks.
   */
  async #copy(volumeId: string, snapshotId: string | undefined): Promise<void> {
    await this.#files.reading(volumeId, async () => {
      const layer = await this.#layer(volumeId, snapshotId);
      this.#assertFits(await this.#files.sizeBytes(volumeId, layer), volumeId);
      const source = this.#files.path(volumeId, layer);
      const image = await this.#files.imageBelow(source);
      const write = () => this.#write((path) => this.#copyFile(source, path, image));
      await (image ? this.#parts.users.using(image.imageId, write) : write());
    });
  }

  async #copyFile(source: string, path: string, image: { path: string; right: boolean } | undefined): Promise<void> {
    const { thick, signal, onProgress } = this.#request;
    signal.throwIfAborted();
    const below = (await this.#files.header(source))?.backingFile ?? "";
    const isOneFile = image ? image.right : below === "";
    // Fails where a guest writes it: blocks that are shared know of no lock.
    await this.#files.qemuImg.assertUnlocked(source);
    const backing = image && this.#files.backing(image.path, image.path.endsWith(".qcow2") ? "qcow2" : "raw");
    if (backing && !isOneFile) await this.#copyLayers(source, path, backing);
    else if (thick || !isOneFile || !(await this.#files.store.shareBlocks(source, path)))
      await this.#files.qemuImg.convert(await this.#reading(source), path, { backing, thick, signal, onProgress });
    await this.#grow(path);
  }

  /** `qemu-img convert` over a backing file takes the uppermost layer, and nothing of those between it and that file. */
  async #copyLayers(source: string, path: string, backing: Backing): Promise<void> {
    const { signal, onProgress } = this.#request;
    await this.#create(path, this.#files.backing(source, "qcow2"));
    await this.#files.qemuImg.rebase(path, backing, { signal, onProgress });
  }

  async #layer(volumeId: string, snapshotId: string | undefined): Promise<number> {
    const chain = await this.#files.get(volumeId);
    if (snapshotId === undefined) return chain.top;
    const layer = layerOf(chain, checkedId(snapshotId, "from.snapshot_id"));
    if (layer === undefined) throw problem(Reason.NOT_FOUND, { kind: "snapshot", id: snapshotId });
    return layer;
  }

  #create(path: string, backing: Backing | undefined): Promise<void> {
    const { sizeBytes, thick } = this.#request;
    return this.#files.qemuImg.create(path, { sizeBytes, backing, thick });
  }

  async #grow(path: string): Promise<void> {
    const { sizeBytes, thick } = this.#request;
    const header = await this.#files.header(path);
    if (header && header.virtualSizeBytes < sizeBytes) await this.#files.qemuImg.grow(path, sizeBytes, { thick });
  }

  async #write(write: (path: string) => Promise<void>): Promise<void> {
    await this.#files.complete(this.#files.path(this.#request.volumeId, 0), write);
  }

  async #reading(path: string): Promise<QemuSource> {
    return qemuSource(await this.#files.store.sourceOf(path, "qcow2"));
  }

  #assertFits(neededBytes: number, image: string): void {
    const { sizeBytes } = this.#request;
    if (sizeBytes >= neededBytes) return;
    const [size, needed] = [formatBytes(sizeBytes), formatBytes(neededBytes)];
    throw problem(Reason.DISK_TOO_SMALL_FOR_IMAGE, { size, image, needed });
  }
}

async function assertThere(path: string, kind: string, id: string): Promise<void> {
  if ((await ifExists(access(path).then(() => true))) === undefined) throw notFound(kind, id);
}

function notFound(kind: string, id: string) {
  return problem(Reason.NOT_FOUND, { kind, id });
}
