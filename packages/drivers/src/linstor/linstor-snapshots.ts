import type { SnapshotWork, VolumeSnapshots } from "@limiquantix/node";
import type { Attachments } from "./attachments.ts";
import type { Definitions } from "./definitions.ts";
import { inUse, notFound } from "./linstor-failure.ts";
import { snapshotName, volumeName } from "./names.ts";
import type { Places } from "./places.ts";
import { currentOf, type Look, turnsOf, type Volumes } from "./volumes.ts";

export interface SnapshotParts {
  definitions: Definitions;
  volumes: Volumes;
  places: Places;
  attachments: Attachments;
  /** One change of a volume at a time. */
  inTurn: <T>(volumeId: string, what: string, work: () => Promise<T>) => Promise<T>;
}

/** LINSTOR's snapshots: taken on all replicas at one instant, while DRBD holds back what is written. */
export class LinstorSnapshots implements VolumeSnapshots {
  readonly how = "beneath";
  readonly #parts: SnapshotParts;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
  }

  async create(volumeId: string, snapshotId: string): Promise<void> {
    await this.#inTurn(volumeId, snapshotId, async (look) => {
      const volume = currentOf(look.definitions, volumeId);
      if (!volume) throw notFound("volume", volumeId);
      if (this.#found(look, volumeId, snapshotId)) return;
      await this.#parts.definitions.takeSnapshot(volume.name, snapshotName(snapshotId));
    });
  }

  /**
   * By a new definition over the snapshot's blocks, which is the volume as soon as it is complete. LINSTOR's own rollback
   * would do for the newest snapshot only, where ZFS is below.
   */
  async revert(volumeId: string, snapshotId: string): Promise<void> {
    await this.#inTurn(volumeId, snapshotId, async (look) => {
      const { definitions, volumes, places, attachments } = this.#parts;
      const snapshot = await volumes.snapshot(volumeId, snapshotId, look);
      const turns = turnsOf(look.definitions, volumeId);
      const current = currentOf(look.definitions, volumeId);
      if (!current) throw notFound("volume", volumeId);
      if (attachments.isCopied(current.name)) throw inUse("volume", volumeId, "it is being copied");
      if ((await places.list(current.name)).some(({ isInUse }) => isInUse))
        throw inUse("volume", volumeId, "a guest has it open");
      for (const { name, turn } of turns) if (turn > current.turn) await definitions.discard(name, look.snapshots);
      const next = volumeName(volumeId, current.turn + 1);
      const { image, parent } = current.marks;
      const marks = { ...(image && { image }), ...(parent && { parent }) };
      await definitions.begin(next, marks, snapshot.of);
      try {
        await definitions.restore(snapshot, next);
        await definitions.complete(next, marks);
      } catch (error) {
        await definitions.discard(next, look.snapshots).catch(() => {});
        throw error;
      }
      attachments.forget(current.name);
      await this.settle(volumeId);
    });
  }

  async delete(volumeId: string, snapshotId: string, { signal }: SnapshotWork): Promise<void> {
    await this.#inTurn(volumeId, snapshotId, async (look) => {
      signal.throwIfAborted();
      const snapshot = this.#found(look, volumeId, snapshotId, { whole: false });
      if (!snapshot) return;
      const { definitions, volumes } = this.#parts;
      volumes.assertNoClones(look, { kind: "snapshot", id: snapshotId }, [`${snapshot.of}/${snapshot.name}`]);
      await definitions.removeSnapshot(snapshot.of, snapshot.name);
      await this.settle(volumeId);
    });
  }

  /** LINSTOR does not say. */
  async usedBytes(volumeId: string, snapshotId: string): Promise<undefined> {
    volumeName(volumeId);
    snapshotName(snapshotId);
  }

  /** Removes what was the volume once and has no snapshot any more. */
  async settle(volumeId: string): Promise<void> {
    const { definitions, volumes } = this.#parts;
    const look = await volumes.look();
    const current = currentOf(look.definitions, volumeId);
    for (const { name, turn } of turnsOf(look.definitions, volumeId)) {
      if (!current || turn >= current.turn || look.snapshots.some(({ of }) => of === name)) continue;
      await definitions.discard(name, look.snapshots);
    }
  }

  #found({ snapshots, definitions }: Look, volumeId: string, snapshotId: string, { whole } = { whole: true }) {
    const names = new Set(turnsOf(definitions, volumeId).map(({ name }) => name));
    const wanted = snapshotName(snapshotId);
    return snapshots.find((one) => names.has(one.of) && one.name === wanted && (one.isComplete || !whole));
  }

  async #inTurn(volumeId: string, snapshotId: string, work: (look: Look) => Promise<void>): Promise<void> {
    volumeName(volumeId);
    snapshotName(snapshotId);
    await this.#parts.inTurn(volumeId, `snapshot ${snapshotId}`, async () => work(await this.#parts.volumes.look()));
  }
}
