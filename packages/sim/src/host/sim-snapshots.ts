import { problem, Reason } from "@limiquantix/api";
import { sleep, GIB } from "@limiquantix/kit";
import type { DiskSource, SnapshotWork, VolumeLayers, VolumeSnapshots } from "@limiquantix/node";
import type { SimHost } from "./sim-host.ts";
import type { SimStorage } from "./sim-storage.ts";
import { checkedId } from "./checked-id.ts";
import type { SimVolume } from "./sim-volume.ts";

type Step = <T>(name: string, work: () => T | Promise<T>) => Promise<T>;

/** Snapshots of simulated volumes, of both sorts. */
export class SimSnapshots implements VolumeSnapshots {
  readonly how: "beneath" | "layers";
  readonly layers: VolumeLayers | undefined;
  readonly #host: SimHost;
  readonly #storage: SimStorage;
  readonly #step: Step;

  constructor(options: { host: SimHost; storage: SimStorage; how: "beneath" | "layers"; step: Step }) {
    this.how = options.how;
    this.#host = options.host;
    this.#storage = options.storage;
    this.#step = options.step;
    this.layers = this.how === "layers" ? this.#chain() : undefined;
  }

  create(volumeId: string, snapshotId: string): Promise<void> {
    return this.#step("snapshot", () => {
      checkedId(snapshotId);
      const volume = this.#get(volumeId);
      if (volume.snapshots.has(snapshotId)) return;
      if (this.how === "beneath") volume.freezeBeneath(snapshotId);
      else {
        this.#assertStill(volume);
        volume.freezeLayer(snapshotId);
      }
    });
  }

  revert(volumeId: string, snapshotId: string): Promise<void> {
    return this.#step("revert", () => {
      checkedId(snapshotId);
      const volume = this.#get(volumeId);
      this.#assertStill(volume);
      if (this.how === "beneath") volume.revertBeneath(snapshotId);
      else volume.revertLayer(snapshotId);
    });
  }

  async delete(volumeId: string, snapshotId: string, { signal, onProgress }: SnapshotWork): Promise<void> {
    signal.throwIfAborted();
    await this.#step("snapshot-delete", async () => {
      checkedId(snapshotId);
      const volume = this.#storage.volumes.get(checkedId(volumeId));
      if (!volume?.snapshots.has(snapshotId)) return;
      this.#assertUnlinked(volumeId, snapshotId);
      if (this.how === "beneath") volume.snapshots.delete(snapshotId);
      else {
        const merge = volume.mergeOf(snapshotId);
        if (merge && this.#isOpen(volume) && volume.isBelowTop(merge.top)) {
          throw problem(Reason.IN_USE, { kind: "volume", name: volumeId, by: "a guest has the layers open" });
        }
        if (merge && this.#host.copyMs > 0) await sleep(this.#host.clock, this.#host.copyMs);
        volume.forget(snapshotId);
      }
      onProgress(100);
    });
  }

  usedBytes(volumeId: string, snapshotId: string): Promise<number | undefined> {
    return this.#step("snapshot-size", () =>
      this.#storage.volumes.get(checkedId(volumeId))?.snapshots.has(checkedId(snapshotId)) ? 0.01 * GIB : undefined,
    );
  }

  #chain(): VolumeLayers {
    return {
      prepare: (volumeId, snapshotId): Promise<DiskSource> =>
        this.#step("prepare", () => {
          const volume = this.#get(volumeId);
          return volume.snapshots.has(snapshotId) ? volume.top.source : volume.prepareLayer(snapshotId);
        }),
      planMerge: (volumeId, snapshotId) =>
        this.#step("plan-merge", () => {
          const volume = this.#get(volumeId);
          this.#assertUnlinked(volumeId, snapshotId);
          const merge = volume.mergeOf(snapshotId);
          if (!merge || !volume.isBelowTop(merge.top)) return undefined;
          return { top: merge.top.name, base: merge.base.name, active: merge.top === volume.top };
        }),
      settle: (volumeId, top) => this.#step("settle", () => this.#storage.volumes.get(volumeId)?.settle(top)),
    };
  }

  #assertUnlinked(volumeId: string, snapshotId: string): void {
    for (const { volumeId: name, linkedTo } of this.#storage.volumes.values()) {
      if (linkedTo?.volumeId !== volumeId || linkedTo.snapshotId !== snapshotId) continue;
      throw problem(Reason.IN_USE, {
        kind: "snapshot",
        name: snapshotId,
        by: `volume ${name} is a linked clone of it`,
      });
    }
  }

  #assertStill(volume: SimVolume): void {
    if (!this.#isOpen(volume)) return;
    throw problem(Reason.IN_USE, { kind: "volume", name: volume.volumeId, by: "a guest has it open" });
  }

  #isOpen({ volumeId }: SimVolume): boolean {
    return (this.#storage.writers.get(volumeId)?.size ?? 0) > 0;
  }

  #get(volumeId: string): SimVolume {
    const volume = this.#storage.volumes.get(checkedId(volumeId));
    if (volume?.shared) {
      throw problem(Reason.UNSUPPORTED, { what: `layers of volume ${volumeId}`, why: "several guests share it" });
    }
    if (volume) return volume;
    throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
  }
}
