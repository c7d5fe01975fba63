import { invalid, problem, Reason } from "@limiquantix/api";
import { formatBytes, type Log } from "@limiquantix/kit";
import type { DiskSource, StoredImage, VolumeOrigin, VolumeRequest } from "@limiquantix/node";
import { access } from "node:fs/promises";
import { ifExists } from "../files/errno.ts";
import { checkedId } from "../file-pool/pool-paths.ts";
import { isLocked, type QemuImg } from "../file-pool/qemu-img.ts";
import { type QemuSource, qemuSource } from "../file-pool/qemu-source.ts";
import { Errno, isErrno } from "./ceph-commands.ts";
import { inUse } from "./failure.ts";
import { type GoldenImages, imageFile } from "./golden-images.ts";
import { newVolumeName, volumeName } from "./names.ts";
import { type RbdImages, spec } from "./rbd-images.ts";
import type { RbdFilling } from "./rbd-filling.ts";
import type { Readers } from "./readers.ts";

export interface NewVolumeParts {
  images: RbdImages;
  golden: GoldenImages;
  filling: RbdFilling;
  readers: Readers;
  qemuImg: QemuImg;
  /** RBD's layering: without it all is copied. */
  canClone: boolean;
  secretFile: (secretId: string) => string | undefined;
  log: Log;
}

/** Makes a volume under another name, by what it begins with, and gives it its own when it is complete. */
export class NewVolume {
  readonly #parts: NewVolumeParts;
  readonly #images: RbdImages;
  readonly #request: VolumeRequest;
  readonly #name: string;

  constructor(parts: NewVolumeParts, request: VolumeRequest) {
    this.#parts = parts;
    this.#images = parts.images;
    this.#request = request;
    this.#name = newVolumeName(request.volumeId);
  }

  async make(): Promise<void> {
    const { from, sizeBytes, signal } = this.#request;
    if (sizeBytes <= 0 || sizeBytes % 512 !== 0)
      throw invalid([
        { field: "size_bytes", message: `a disk has whole sectors of 512 bytes, not ${sizeBytes} bytes` },
      ]);
    if (this.#request.shared && from && from.kind !== "source") {
      const why = "it is empty to begin with";
      throw problem(Reason.UNSUPPORTED, { what: "a shared volume made of another disk", why });
    }
    signal.throwIfAborted();
    try {
      await this.#from(from);
    } catch (error) {
      signal.throwIfAborted();
      if (!isLocked(error)) throw error;
      throw inUse(
        "volume",
        from?.kind === "volume" ? from.volumeId : "of the disk's source",
        "a guest has it open",
        error,
      );
    }
  }

  #from(from: VolumeOrigin | undefined): Promise<void> {
    switch (from?.kind) {
      case undefined:
        return this.#write(() => this.#create());
      case "image":
        return this.#fromImage(from.image);
      case "volume":
        return this.#copy(from.volumeId, from.snapshotId);
      case "linked":
        return this.#link(from.volumeId, from.snapshotId);
      case "source":
        return this.#fromSource(from.source);
    }
  }

  async #fromImage(image: StoredImage): Promise<void> {
    const { imageId, virtualSizeBytes } = image;
    checkedId(imageId, "from.image.image_id");
    this.#assertFits(virtualSizeBytes, imageId);
    if (this.#request.thick || !this.#parts.canClone) {
      const from = await imageFile(image);
      return this.#write(() => this.#fill(from));
    }
    await this.#write(async () => {
      await this.#afresh(() => this.#parts.golden.clone(image, this.#name, this.#request));
      await this.#grow(virtualSizeBytes);
    });
  }

  async #link(volumeId: string, snapshotId: string): Promise<void> {
    const source = await this.#source(volumeId, snapshotId);
    if (!this.#parts.canClone)
      throw problem(Reason.UNSUPPORTED, { what: "a linked clone", why: "the pool's images have no layering" });
    await this.#write(async () => {
      await this.#afresh(() => this.#images.clone(source.name, this.#name));
      await this.#grow(source.sizeBytes);
    });
  }

  /** Read through: the copy has nothing of its source. Read as it is in the cluster, so no guest may have it open. */
  async #copy(volumeId: string, snapshotId: string | undefined): Promise<void> {
    const source = await this.#source(volumeId, snapshotId);
    if (snapshotId === undefined) {
      const openers = (await this.#images.watchers(source.name)) ?? [];
      if (openers.length > this.#parts.readers.count(volumeId)) throw inUse("volume", volumeId, "a guest has it open");
    }
    await this.#parts.readers.reading(volumeId, () =>
      this.#write(() => this.#fill(this.#parts.filling.disk(volumeName(volumeId), snapshotId))),
    );
  }

  async #fromSource(source: DiskSource): Promise<void> {
    if (source.kind === "file" || source.kind === "block")
      if ((await ifExists(access(source.path).then(() => true))) === undefined)
        throw problem(Reason.NOT_FOUND, { kind: "disk", id: source.path });
    const from = qemuSource(source, this.#parts.secretFile);
    this.#assertFits(await this.#parts.qemuImg.virtualSizeBytes(from), source.kind);
    await this.#write(() => this.#fill(from));
  }

  /** NOT_FOUND, DISK_TOO_SMALL_FOR_IMAGE. */
  async #source(volumeId: string, snapshotId: string | undefined): Promise<{ name: string; sizeBytes: number }> {
    checkedId(volumeId, "from.volume_id");
    if (snapshotId !== undefined) checkedId(snapshotId, "from.snapshot_id");
    const name = spec(volumeName(volumeId), snapshotId);
    const found = await this.#images.info(name);
    if (!found)
      throw problem(Reason.NOT_FOUND, { kind: snapshotId ? "snapshot" : "volume", id: snapshotId ?? volumeId });
    this.#assertFits(found.size, volumeId);
    return { name, sizeBytes: found.size };
  }

  async #create(): Promise<void> {
    const { sizeBytes, thick, shared, signal } = this.#request;
    await this.#afresh(() => this.#images.create(this.#name, sizeBytes, { thick, shared, signal }));
  }

  async #fill(from: QemuSource): Promise<void> {
    await this.#create();
    await this.#parts.filling.fill(from, this.#name, this.#request);
  }

  async #grow(fromBytes: number): Promise<void> {
    if (this.#request.sizeBytes > fromBytes) await this.#images.grow(this.#name, this.#request.sizeBytes);
  }

  /** Over what an attempt before left, if it did. */
  async #afresh(make: () => Promise<void>): Promise<void> {
    try {
      await make();
    } catch (error) {
      if (!isErrno(error, Errno.EEXIST)) throw error;
      await this.#images.discard(this.#name);
      await make();
    }
  }

  async #write(write: () => Promise<void>): Promise<void> {
    try {
      await write();
      this.#request.signal.throwIfAborted();
      await this.#images.rename(this.#name, volumeName(this.#request.volumeId));
    } catch (error) {
      // Of a pool that is away it stays, for the next attempt.
      await this.#images
        .discard(this.#name)
        .catch((cause: unknown) =>
          this.#parts.log.warn("what was made of a volume could not be removed", { image: this.#name, err: cause }),
        );
      throw error;
    }
  }

  #assertFits(neededBytes: number, image: string): void {
    const { sizeBytes } = this.#request;
    if (sizeBytes >= neededBytes) return;
    const [size, needed] = [formatBytes(sizeBytes), formatBytes(neededBytes)];
    throw problem(Reason.DISK_TOO_SMALL_FOR_IMAGE, { size, image, needed });
  }
}
