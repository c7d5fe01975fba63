import { problem, Reason } from "@limiquantix/api";
import type { SnapshotWork, VolumeSnapshots } from "@limiquantix/node";
import type { Activations } from "./activations.ts";
import { inUse, isMissing, isThere } from "./lvm-failure.ts";
import type { ListedLv } from "./lvm-report.ts";
import { parentTag, revertLv, snapshotLv, volumeLv } from "./lv-names.ts";
import type { VolumeGroup } from "./volume-group.ts";

export interface SnapshotParts {
  group: VolumeGroup;
  activations: Activations;
  /** One change of a volume at a time. */
  inTurn: <T>(volumeId: string, what: string, work: () => Promise<T>) => Promise<T>;
}

/** Thin snapshots: volumes of their own that share blocks, in any order and number. */
export class LvmSnapshots implements VolumeSnapshots {
  readonly how = "beneath";
  readonly #parts: SnapshotParts;
  readonly #group: VolumeGroup;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    this.#group = parts.group;
  }

  /** LVM suspends an active volume meanwhile, and so writes out what it holds. The guest may be waiting: one command only. */
  create(volumeId: string, snapshotId: string): Promise<void> {
    return this.#inTurn(volumeId, snapshotId, async (name) => {
      try {
        await this.#group.snapshot(volumeLv(volumeId), { name, readOnly: true });
      } catch (error) {
        if (isMissing(error)) throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId }, { cause: error });
        if (!isThere(error)) throw error;
      }
    });
  }

  /**
   * By a new volume over the snapshot's blocks, which takes the place of the old one: `revert.volume.…` is complete as soon
   * as it is there, so that a crash after the old one went is mended by giving it its name (`settleReverts`).
   */
  revert(volumeId: string, snapshotId: string): Promise<void> {
    return this.#inTurn(volumeId, snapshotId, async (name) => {
      const all = await settleReverts(this.#group, await this.#group.list());
      const volume = all.find((lv) => lv.name === volumeLv(volumeId));
      if (!volume) throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
      if (!all.some((lv) => lv.name === name)) throw problem(Reason.NOT_FOUND, { kind: "snapshot", id: snapshotId });
      if (volume.isOpen) throw inUse("volume", volumeId, "a guest has it open");
      this.#assertNotCopied(volumeId, volume.name);
      const next = revertLv(volumeId);
      await this.#group.snapshot(name, { name: next, readOnly: false, tags: volume.tags });
      await this.#group.remove([volume.name]);
      this.#parts.activations.forget(volume.name);
      await this.#group.rename(next, volume.name);
    });
  }

  delete(volumeId: string, snapshotId: string, { signal }: SnapshotWork): Promise<void> {
    return this.#inTurn(volumeId, snapshotId, async (name) => {
      signal.throwIfAborted();
      const all = await this.#group.list();
      if (!all.some((lv) => lv.name === name)) return;
      const clones = all.filter((lv) => lv.tags.includes(parentTag(name)));
      if (clones.length > 0) throw inUse("snapshot", snapshotId, `${clones.length} linked clones are over it`);
      this.#assertNotCopied(volumeId, name);
      await this.#group.remove([name]);
    });
  }

  /** Blocks that only the snapshot has. */
  usedBytes(volumeId: string, snapshotId: string): Promise<number | undefined> {
    return this.#inTurn(volumeId, snapshotId, async (name) => {
      const thinId = (await this.#group.list()).find((lv) => lv.name === name)?.thinId;
      return thinId === undefined ? undefined : (await this.#group.exclusiveBytes()).get(thinId);
    });
  }

  #assertNotCopied(volumeId: string, lv: string): void {
    if (this.#parts.activations.isCopied(lv)) throw inUse("volume", volumeId, "it is being copied");
  }

  #inTurn<T>(volumeId: string, snapshotId: string, work: (name: string) => Promise<T>): Promise<T> {
    return this.#parts.inTurn(volumeId, `snapshot ${snapshotId}`, () => work(snapshotLv(volumeId, snapshotId)));
  }
}

/** Ends what a revert that was cut off began; answers what there is then. */
export async function settleReverts(group: VolumeGroup, all: ListedLv[]): Promise<ListedLv[]> {
  const begun = all.filter((lv) => lv.name.startsWith("revert."));
  for (const { name } of begun) {
    const volume = name.slice("revert.".length);
    if (all.some((lv) => lv.name === volume)) await group.remove([name]);
    else await group.rename(name, volume);
  }
  return begun.length > 0 ? group.list() : all;
}
