import type { DiskSource, VolumeInfo, VolumeRequest } from "@limiquantix/node";
import { invalid, problem, Reason } from "@limiquantix/api";
import { formatBytes } from "@limiquantix/kit";
import { qemuSource } from "./qemu-source.ts";
import type { VolumeFiles } from "./volume-files.ts";

type SharedRequest = Pick<VolumeRequest, "volumeId" | "sizeBytes" | "thick" | "from" | "signal" | "onProgress">;

/**
 * Volumes that several guests have at the same time: raw files, `<volumeId>.raw`. A qcow2 file has tables that each of
 * several emulators would keep its own idea of.
 */
export class SharedFiles {
  readonly #files: VolumeFiles;
  readonly #secretFile: ((secretId: string) => string | undefined) | undefined;

  constructor(files: VolumeFiles, secretFile: ((secretId: string) => string | undefined) | undefined) {
    this.#files = files;
    this.#secretFile = secretFile;
  }

  /** Undefined: there is no such shared volume. */
  async source(volumeId: string): Promise<DiskSource | undefined> {
    const there = await this.#files.sharedInfo(volumeId);
    return there && this.#files.store.sourceOf(this.#files.sharedPath(volumeId), "raw");
  }

  /** Empty, or moved here from another pool. */
  async make(request: SharedRequest): Promise<void> {
    const { volumeId, sizeBytes, thick, from, signal, onProgress } = request;
    if (sizeBytes <= 0 || sizeBytes % 512 !== 0) {
      throw invalid([{ field: "size_bytes", message: "a disk is made of whole sectors of 512 bytes" }]);
    }
    if (from && from.kind !== "source") {
      throw problem(Reason.UNSUPPORTED, {
        what: "a shared volume made of another disk",
        why: "it is empty to begin with",
      });
    }
    signal.throwIfAborted();
    const { qemuImg } = this.#files;
    await this.#files.complete(this.#files.sharedPath(volumeId), async (path) => {
      if (!from) return qemuImg.createRaw(path, { sizeBytes, thick });
      const source = qemuSource(from.source, this.#secretFile);
      const needed = await qemuImg.virtualSizeBytes(source);
      if (needed > sizeBytes) {
        const [size, wanted] = [formatBytes(sizeBytes), formatBytes(needed)];
        throw problem(Reason.DISK_TOO_SMALL_FOR_IMAGE, { size, image: volumeId, needed: wanted });
      }
      await qemuImg.convertRaw(source, path, { thick, signal, onProgress });
      if (needed < sizeBytes) await qemuImg.growRaw(path, sizeBytes);
    });
  }

  async grow(info: VolumeInfo, sizeBytes: number): Promise<void> {
    if (sizeBytes > info.sizeBytes) await this.#files.qemuImg.growRaw(this.#files.sharedPath(info.volumeId), sizeBytes);
  }

  /** IN_USE while a guest on this host, or where the storage tells of locks on any, has it open. */
  async delete(volumeId: string): Promise<void> {
    this.#files.assertUnread(volumeId);
    const path = this.#files.sharedPath(volumeId);
    await this.#files.assertFileClosed(volumeId, path, "raw");
    await this.#files.remove(path);
  }
}
