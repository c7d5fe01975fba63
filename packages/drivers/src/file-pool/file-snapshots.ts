import { problem, Reason } from "@limiquantix/api";
import type { SnapshotWork, VolumeLayers, VolumeSnapshots } from "@limiquantix/node";
import type { KeyedQueue } from "../files/keyed-queue.ts";
import { layerLeft, layerOf, over, switched, unnamed, withLayer, withoutLayer } from "./chain.ts";
import type { FileChains } from "./file-chains.ts";
import { FileLayers } from "./file-layers.ts";
import { checkedId } from "./pool-paths.ts";
import type { VolumeFiles } from "./volume-files.ts";

export interface SnapshotParts {
  files: VolumeFiles;
  chains: FileChains;
  /** By volume. */
  queue: KeyedQueue;
  typed: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Snapshots as layers of qcow2 files. */
export class FileSnapshots implements VolumeSnapshots {
  readonly how = "layers";
  readonly layers: VolumeLayers;
  readonly #files: VolumeFiles;
  readonly #chains: FileChains;
  readonly #inTurn: <T>(volumeId: string, snapshotId: string, work: () => Promise<T>) => Promise<T>;

  constructor(parts: SnapshotParts) {
    this.#files = parts.files;
    this.#chains = parts.chains;
    this.#inTurn = (volumeId, snapshotId, work) => inTurn(parts, volumeId, snapshotId, work);
    this.layers = new FileLayers(parts);
  }

  create(volumeId: string, snapshotId: string): Promise<void> {
    return this.#inTurn(volumeId, snapshotId, async () => {
      const chain = await this.#chains.settled(volumeId);
      if (layerOf(chain, snapshotId) !== undefined) return;
      await this.#files.assertClosed(volumeId, chain.top);
      await this.#files.addLayer(volumeId, chain, chain.top);
      await this.#files.save(volumeId, switched(withLayer(chain, chain.top), snapshotId, chain.next));
    });
  }

  revert(volumeId: string, snapshotId: string): Promise<void> {
    return this.#inTurn(volumeId, snapshotId, async () => {
      const chain = await this.#chains.settled(volumeId);
      const layer = layerOf(chain, snapshotId);
      if (layer === undefined) throw problem(Reason.NOT_FOUND, { kind: "snapshot", id: snapshotId });
      this.#files.assertUnread(volumeId);
      await this.#files.assertClosed(volumeId, chain.top);
      await this.#files.addLayer(volumeId, chain, layer);
      await this.#files.save(volumeId, { ...withoutLayer(withLayer(chain, layer), chain.top), top: chain.next });
      await this.#files.remove(this.#files.path(volumeId, chain.top));
    });
  }

  delete(volumeId: string, snapshotId: string, work: SnapshotWork): Promise<void> {
    return this.#inTurn(volumeId, snapshotId, async () => {
      const found = await this.#files.find(volumeId);
      if (!found || layerLeft(found, snapshotId) === undefined) return;
      this.#files.assertUnread(volumeId);
      const chain = await this.#chains.settled(volumeId);
      const layer = layerOf(chain, snapshotId);
      if (layer !== undefined) {
        await this.#files.assertNoClones(volumeId, [layer]);
        await this.#files.save(volumeId, unnamed(chain, snapshotId));
      }
      await this.#chains.tidy(volumeId, work);
    });
  }

  /** What its layer and the one over it both have is less than either. */
  usedBytes(volumeId: string, snapshotId: string): Promise<number | undefined> {
    return this.#inTurn(volumeId, snapshotId, async () => {
      const chain = await this.#files.find(volumeId);
      const layer = chain && layerOf(chain, snapshotId);
      if (!chain || layer === undefined) return undefined;
      const [above, ...others] = over(chain, layer);
      if (others.length > 0) return 0;
      const mine = await this.#files.usedBytes(volumeId, layer);
      const aboves = above === undefined ? mine : await this.#files.usedBytes(volumeId, above);
      return mine === undefined || aboves === undefined ? undefined : Math.min(mine, aboves);
    });
  }
}

/** One change of a volume at a time. */
export async function inTurn<T>(
  { queue, typed }: SnapshotParts,
  volumeId: string,
  snapshotId: string,
  work: () => Promise<T>,
): Promise<T> {
  checkedId(volumeId, "volume_id");
  checkedId(snapshotId, "snapshot_id");
  return queue.run(volumeId, () => typed(work));
}
