import { invalid, problem, Reason } from "@limiquantix/api";
import { type Clock, formatBytes, type Log } from "@limiquantix/kit";
import type { DiskSource, StoredImage, VolumeOrigin, VolumeRequest } from "@limiquantix/node";
import { access } from "node:fs/promises";
import { ifExists } from "../files/errno.ts";
import { qemuFormat } from "../file-pool/image/stored-image.ts";
import { checkedId } from "../file-pool/pool-paths.ts";
import { isLocked, type QemuImg } from "../file-pool/qemu-img.ts";
import { type QemuSource, qemuSource } from "../file-pool/qemu-source.ts";
import type { Activations } from "./activations.ts";
import type { GoldenCopies } from "./golden-copies.ts";
import { imageTag, newLv, parentTag, snapshotLv, volumeLv } from "./lv-names.ts";
import { inUse } from "./lvm-failure.ts";
import type { ListedLv } from "./lvm-report.ts";
import { whileRoom } from "./room-guard.ts";
import type { VolumeGroup } from "./volume-group.ts";

export type QemuCopies = Pick<QemuImg, "fill" | "virtualSizeBytes">;

export interface NewVolumeParts {
  group: VolumeGroup;
  activations: Activations;
  golden: GoldenCopies;
  qemuImg: QemuCopies;
  secretFile: ((secretId: string) => string | undefined) | undefined;
  clock: Clock;
  log: Log;
  /** The pool's id. */
  pool: string;
}

/** Sizes are whole extents; a disk that has less is made so much larger. */
export const EXTENT_BYTES = 1024 ** 2;

export function wholeExtents(sizeBytes: number): number {
  return Math.ceil(sizeBytes / EXTENT_BYTES) * EXTENT_BYTES;
}

/**
 * Makes a volume by what it begins with. What takes one command has its name at once; all else is made under another
 * name, and has its own when it is complete.
 */
export class NewVolume {
  readonly #parts: NewVolumeParts;
  readonly #group: VolumeGroup;
  readonly #request: VolumeRequest;
  readonly #all: readonly ListedLv[];
  readonly #name: string;
  readonly #sizeBytes: number;

  /** `all`: what there is in the group. */
  constructor(parts: NewVolumeParts, request: VolumeRequest, all: readonly ListedLv[]) {
    this.#parts = parts;
    this.#group = parts.group;
    this.#request = request;
    this.#all = all;
    this.#name = volumeLv(request.volumeId);
    this.#sizeBytes = wholeExtents(request.sizeBytes);
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
      const source = from?.kind === "volume" ? from.volumeId : "of the disk's source";
      throw inUse("volume", source, "a guest has it open", error);
    }
  }

  #from(from: VolumeOrigin | undefined): Promise<void> {
    switch (from?.kind) {
      case undefined:
        if (this.#request.thick) return this.#fill(zeros(this.#sizeBytes), this.#sizeBytes);
        return this.#group.create({ name: this.#name, sizeBytes: this.#sizeBytes });
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
    const { imageId, path, format, virtualSizeBytes } = image;
    checkedId(imageId, "from.image.image_id");
    await assertThere(path, "image", imageId);
    this.#assertFits(virtualSizeBytes, imageId);
    const from = qemuSource({ kind: "file", path, format: qemuFormat(format) });
    if (this.#request.thick) return this.#fill(from, virtualSizeBytes);
    const golden = await this.#parts.golden.ensure(image, from, this.#request);
    await this.#share(golden, wholeExtents(virtualSizeBytes), [imageTag(imageId)]);
  }

  async #link(volumeId: string, snapshotId: string): Promise<void> {
    const source = this.#source(volumeId, snapshotId);
    await this.#share(source.name, source.sizeBytes, [parentTag(source.name)]);
  }

  /** Of the same blocks; nothing tells the copy from one that was read through. */
  async #copy(volumeId: string, snapshotId: string | undefined): Promise<void> {
    const source = this.#source(volumeId, snapshotId);
    if (source.isOpen && snapshotId === undefined) throw inUse("volume", volumeId, "a guest has it open");
    if (!this.#request.thick) return this.#share(source.name, source.sizeBytes, []);
    const from = qemuSource({ kind: "block", path: this.#group.path(source.name), format: "raw" });
    await this.#parts.activations.during(source.name, { wasActive: source.isActive }, () =>
      this.#fill(from, source.sizeBytes),
    );
  }

  async #fromSource(source: DiskSource): Promise<void> {
    if (source.kind === "file") await assertThere(source.path, "disk", source.path);
    const from = qemuSource(source, this.#parts.secretFile);
    const fromBytes = await this.#parts.qemuImg.virtualSizeBytes(from);
    this.#assertFits(fromBytes, source.kind);
    await this.#fill(from, fromBytes);
  }

  /** NOT_FOUND, DISK_TOO_SMALL_FOR_IMAGE. */
  #source(volumeId: string, snapshotId: string | undefined): ListedLv {
    const name = snapshotId === undefined ? volumeLv(volumeId) : snapshotLv(volumeId, snapshotId);
    const found = this.#all.find((lv) => lv.name === name);
    if (!found)
      throw problem(Reason.NOT_FOUND, { kind: snapshotId ? "snapshot" : "volume", id: snapshotId ?? volumeId });
    this.#assertFits(found.sizeBytes, volumeId);
    return found;
  }

  async #share(origin: string, originBytes: number, tags: string[]): Promise<void> {
    const share = (name: string) => this.#group.snapshot(origin, { name, tags, readOnly: false });
    if (this.#sizeBytes === originBytes) return share(this.#name);
    await this.#complete(async (name) => {
      await share(name);
      await this.#group.grow(name, this.#sizeBytes);
    });
  }

  async #fill(from: QemuSource, fromBytes: number): Promise<void> {
    const { thick } = this.#request;
    const { group, activations, qemuImg } = this.#parts;
    await this.#complete(async (name) => {
      await group.create({ name, sizeBytes: this.#sizeBytes });
      const path = group.path(name);
      await activations.during(name, { wasActive: false }, async () => {
        const beyond = this.#sizeBytes - fromBytes;
        if (thick && beyond > 0)
          await qemuImg.fill(zeros(beyond), blockTarget(path, fromBytes), { ...this.#request, onProgress: () => {} });
        const fill = (signal: AbortSignal) => qemuImg.fill(from, blockTarget(path), { ...this.#request, signal });
        // A thick one was seen to fit.
        if (thick) return fill(this.#request.signal);
        const usedPercent = () => group.usedPercent();
        await whileRoom({ ...this.#parts, signal: this.#request.signal, usedPercent }, fill);
      });
    });
  }

  async #complete(make: (name: string) => Promise<void>): Promise<void> {
    const name = newLv(this.#name);
    // Of an attempt before.
    if (this.#all.some((lv) => lv.name === name)) await this.#group.remove([name]);
    try {
      await make(name);
      this.#request.signal.throwIfAborted();
      await this.#group.rename(name, this.#name);
    } catch (error) {
      await this.#discard(name);
      throw error;
    }
  }

  /** What cannot be removed now is removed before the next attempt. */
  async #discard(name: string): Promise<void> {
    try {
      if ((await this.#group.list()).some((lv) => lv.name === name)) await this.#group.remove([name]);
    } catch (error) {
      this.#parts.log.warn("what was made of a volume could not be removed", { lv: name, err: error });
    }
  }

  #assertFits(neededBytes: number, image: string): void {
    if (this.#sizeBytes >= neededBytes) return;
    const [size, needed] = [formatBytes(this.#sizeBytes), formatBytes(neededBytes)];
    throw problem(Reason.DISK_TOO_SMALL_FOR_IMAGE, { size, image, needed });
  }
}

/** A device for `--target-image-opts`, from an offset on. */
export function blockTarget(path: string, offset = 0): string {
  return `driver=raw,${offset > 0 ? `offset=${offset},` : ""}file.driver=host_device,file.filename=${path}`;
}

/** Written out they take all of a volume's room. */
function zeros(sizeBytes: number): QemuSource {
  const name = JSON.stringify({ driver: "raw", file: { driver: "null-co", size: sizeBytes, "read-zeroes": true } });
  return { name: `json:${name}`, format: [], objects: [] };
}

async function assertThere(path: string, kind: string, id: string): Promise<void> {
  if ((await ifExists(access(path).then(() => true))) === undefined) throw problem(Reason.NOT_FOUND, { kind, id });
}
