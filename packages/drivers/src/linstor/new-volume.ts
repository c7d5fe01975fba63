import { problem, Reason } from "@limiquantix/api";
import { formatBytes, type Log } from "@limiquantix/kit";
import type { DiskSource, StoredImage, VolumeOrigin, VolumeRequest } from "@limiquantix/node";
import { access } from "node:fs/promises";
import { ifExists } from "../files/errno.ts";
import { qemuFormat } from "../file-pool/image/stored-image.ts";
import { checkedId } from "../file-pool/pool-paths.ts";
import { isLocked } from "../file-pool/qemu-img.ts";
import { type QemuSource, qemuSource } from "../file-pool/qemu-source.ts";
import type { Attachments } from "./attachments.ts";
import type { Definition, Definitions } from "./definitions.ts";
import { rewrite, target, wholeSize, zeros } from "./devices.ts";
import type { GoldenCopies, QemuCopies } from "./golden-copies.ts";
import { NO_THIN } from "./linstor-capabilities.ts";
import { inUse, notFound } from "./linstor-failure.ts";
import { volumeName } from "./names.ts";
import type { Places, Room } from "./places.ts";
import type { Volumes } from "./volumes.ts";

export interface NewVolumeParts {
  definitions: Definitions;
  volumes: Volumes;
  places: Places;
  attachments: Attachments;
  golden: GoldenCopies;
  qemuImg: QemuCopies;
  room: Room;
  secretFile: ((secretId: string) => string | undefined) | undefined;
  log: Log;
}

/** Makes a volume by what it begins with; it counts as one when it is complete. */
export class NewVolume {
  readonly #parts: NewVolumeParts;
  readonly #request: VolumeRequest;
  readonly #name: string;
  readonly #sizeBytes: number;

  constructor(parts: NewVolumeParts, request: VolumeRequest) {
    this.#parts = parts;
    this.#request = request;
    this.#name = volumeName(request.volumeId);
    this.#sizeBytes = wholeSize(request.sizeBytes);
  }

  async make(): Promise<void> {
    const { from, signal, thick } = this.#request;
    if (!thick && !this.#parts.room.isThin) throw problem(Reason.UNSUPPORTED, { what: "a thin volume", why: NO_THIN });
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
        return this.#complete({}, async () => {
          await this.#place();
          if (this.#request.thick)
            await this.#onDevice((device) => this.#fill(zeros(this.#sizeBytes), device, this.#request.onProgress));
        });
      case "image":
        return this.#fromImage(from.image);
      case "volume":
        return from.snapshotId === undefined
          ? this.#clone(from.volumeId)
          : this.#fromSnapshot(from.volumeId, from.snapshotId, false);
      case "linked":
        return this.#fromSnapshot(from.volumeId, from.snapshotId, true);
      case "source":
        return this.#fromSource(from.source);
    }
  }

  async #fromImage(image: StoredImage): Promise<void> {
    const { imageId, path, format, virtualSizeBytes } = image;
    checkedId(imageId, "from.image.image_id");
    if (!(await isThere(path))) throw notFound("image", imageId);
    this.#assertFits(virtualSizeBytes, imageId);
    const from = qemuSource({ kind: "file", path, format: qemuFormat(format) });
    if (this.#request.thick || !this.#parts.room.hasSnapshots) return this.#copy(from, virtualSizeBytes);
    await this.#complete({ image: imageId }, async () => {
      const golden = await this.#parts.golden.ensure(image, from, this.#request);
      await this.#restore(golden);
    });
  }

  async #fromSnapshot(volumeId: string, snapshotId: string, linked: boolean): Promise<void> {
    const { volumes, room } = this.#parts;
    checkedId(volumeId, "from.volume_id");
    checkedId(snapshotId, "from.snapshot_id");
    volumes.assertSnapshots(linked ? "a linked clone" : "a copy of a snapshot");
    const source = await volumes.snapshot(volumeId, snapshotId);
    this.#assertFits(source.sizeBytes, volumeId);
    const parent = `${source.of}/${source.name}`;
    await this.#complete(linked ? { parent } : {}, async () => {
      await this.#restore(source, linked ? { parent } : {});
      if (this.#request.thick && room.isThin && !linked)
        await this.#onDevice((device) => rewrite(device, this.#sizeBytes, this.#request.signal));
    });
  }

  /** By LINSTOR, on each node that has a replica. */
  async #clone(volumeId: string): Promise<void> {
    const { volumes, definitions, places, room } = this.#parts;
    checkedId(volumeId, "from.volume_id");
    const source = await volumes.find(volumeId);
    if (!source) throw notFound("volume", volumeId);
    this.#assertFits(source.sizeBytes, volumeId);
    const { signal, thick } = this.#request;
    if (
      (await places.list(source.name)).some(({ isInUse }) => isInUse) &&
      !this.#parts.attachments.isCopied(source.name)
    )
      throw inUse("volume", volumeId, "a guest has it open");
    await this.#complete({}, async () => {
      await definitions.clone(source.name, this.#name, signal);
      await this.#grow(source);
      if (thick && room.isThin) await this.#onDevice((device) => rewrite(device, this.#sizeBytes, signal));
    });
  }

  async #fromSource(source: DiskSource): Promise<void> {
    if ((source.kind === "file" || source.kind === "block") && !(await isThere(source.path)))
      throw notFound("disk", source.path);
    const from = qemuSource(source, this.#parts.secretFile);
    const fromBytes = await this.#parts.qemuImg.virtualSizeBytes(from);
    this.#assertFits(fromBytes, source.kind);
    await this.#copy(from, fromBytes);
  }

  #copy(from: QemuSource, fromBytes: number): Promise<void> {
    return this.#complete({}, async () => {
      await this.#place();
      await this.#onDevice(async (device) => {
        await this.#clear(device, fromBytes);
        await this.#fill(from, device, this.#request.onProgress);
      });
    });
  }

  async #place(): Promise<void> {
    const { definitions } = this.#parts;
    await definitions.begin(this.#name);
    await definitions.place(this.#name, this.#sizeBytes);
  }

  async #restore(
    from: { of: string; name: string; sizeBytes: number },
    marks: Definition["marks"] = {},
  ): Promise<void> {
    const { definitions } = this.#parts;
    await definitions.begin(this.#name, marks, from.of);
    await definitions.restore(from, this.#name);
    await this.#grow(from);
  }

  async #grow({ sizeBytes }: { sizeBytes: number }): Promise<void> {
    if (this.#sizeBytes <= sizeBytes) return;
    await this.#parts.definitions.grow(this.#name, this.#sizeBytes);
    if (!this.#parts.room.isThin) await this.#onDevice((device) => this.#clear(device, sizeBytes));
  }

  /** Beyond an offset: what is not thin has what was there before. */
  async #clear(device: string, fromBytes: number): Promise<void> {
    const beyond = this.#sizeBytes - fromBytes;
    if (this.#request.thick && beyond > 0) await this.#fill(zeros(beyond), device, () => {}, fromBytes);
  }

  async #fill(from: QemuSource, device: string, onProgress: (percent: number) => void, offset = 0): Promise<void> {
    const { thick, signal } = this.#request;
    await this.#parts.qemuImg.fill(from, await target(device, offset), { thick, signal, onProgress });
  }

  #onDevice(work: (device: string) => Promise<void>): Promise<void> {
    return this.#parts.attachments.during(this.#name, work);
  }

  async #complete(marks: Definition["marks"], make: () => Promise<void>): Promise<void> {
    const { definitions, log } = this.#parts;
    try {
      await make();
      this.#request.signal.throwIfAborted();
      await definitions.complete(this.#name, marks);
    } catch (error) {
      // Of a controller that is away it stays, for the next attempt or the sweep.
      await definitions.discard(this.#name).catch((cause: unknown) => {
        log.warn("what was made of a volume could not be removed", { definition: this.#name, err: cause });
      });
      throw error;
    }
  }

  #assertFits(neededBytes: number, image: string): void {
    if (this.#sizeBytes >= neededBytes) return;
    const [size, needed] = [formatBytes(this.#sizeBytes), formatBytes(neededBytes)];
    throw problem(Reason.DISK_TOO_SMALL_FOR_IMAGE, { size, image, needed });
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await ifExists(access(path).then(() => true))) === true;
}
