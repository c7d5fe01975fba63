import { problem, Reason } from "@limiquantix/api";
import type { SnapshotWork, VolumeSnapshots } from "@limiquantix/node";
import type { KeyedQueue } from "../files/keyed-queue.ts";
import { checkedId } from "../file-pool/pool-paths.ts";
import { Errno, isErrno } from "./ceph-commands.ts";
import { inUse } from "./failure.ts";
import { volumeName } from "./names.ts";
import { type RbdImages, spec } from "./rbd-images.ts";
import type { Readers } from "./readers.ts";

export interface SnapshotParts {
  images: RbdImages;
  readers: Readers;
  /** By volume. */
  queue: KeyedQueue;
  typed: <T>(what: string, work: () => Promise<T>) => Promise<T>;
}

/** RBD's own snapshots. */
export class RbdSnapshots implements VolumeSnapshots {
  readonly how = "beneath";
  readonly #images: RbdImages;
  readonly #parts: SnapshotParts;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    this.#images = parts.images;
  }

  create(volumeId: string, snapshotId: string): Promise<void> {
    return this.#inTurn(volumeId, snapshotId, async (name) => {
      try {
        await this.#images.createSnapshot(name);
      } catch (error) {
        if (isErrno(error, Errno.ENOENT)) throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
        if (!isErrno(error, Errno.EEXIST)) throw error;
      }
    });
  }

  /**
   * By rollback, which the cluster does by itself object by object; a swap for a clone would be over sooner, but would leave
   * the volume's other snapshots with another image. One that is cut off leaves a volume that is neither, and is done again.
   */
  revert(volumeId: string, snapshotId: string): Promise<void> {
    return this.#inTurn(volumeId, snapshotId, async (name) => {
      this.#parts.readers.assertNone(volumeId);
      if (!(await this.#images.info(name))) throw problem(Reason.NOT_FOUND, { kind: "snapshot", id: snapshotId });
      // RBD rolls back under a guest that writes, and ruins its disk.
      if (!(await this.#images.unwatched(volumeName(volumeId)))) throw inUse("volume", volumeId, "a guest has it open");
      await this.#images.rollBack(name);
    });
  }

  delete(volumeId: string, snapshotId: string, { signal }: SnapshotWork): Promise<void> {
    return this.#inTurn(volumeId, snapshotId, async (name) => {
      signal.throwIfAborted();
      this.#parts.readers.assertNone(volumeId);
      const clones = await this.#images.children(name);
      if (clones.length > 0) throw inUse("snapshot", snapshotId, `${clones.length} linked clones are over it`);
      await this.#images.removeSnapshot(name);
    });
  }

  /** What was written between it and the one before. */
  usedBytes(volumeId: string, snapshotId: string): Promise<number | undefined> {
    return this.#inTurn(volumeId, snapshotId, async () => {
      const used = await this.#images.used(volumeName(volumeId));
      return used.find(({ snapshot }) => snapshot === snapshotId)?.used_size;
    });
  }

  /** One change of a volume at a time. */
  async #inTurn<T>(volumeId: string, snapshotId: string, work: (name: string) => Promise<T>): Promise<T> {
    const name = spec(volumeName(volumeId), checkedId(snapshotId, "snapshot_id"));
    return this.#parts.queue.run(volumeId, () => this.#parts.typed(`snapshot ${snapshotId}`, () => work(name)));
  }
}
