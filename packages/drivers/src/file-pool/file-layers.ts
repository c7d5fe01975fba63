import type { DiskSource, VolumeLayers } from "@limiquantix/node";
import { ancestry, type Chain, layerLeft, layerOf, over, unnamed, withLayer } from "./chain.ts";
import type { FileChains } from "./file-chains.ts";
import { inTurn, type SnapshotParts } from "./file-snapshots.ts";
import { checkedId } from "./pool-paths.ts";
import type { VolumeFiles } from "./volume-files.ts";

/** Layers below running guests. What is begun is written down before the guest can write a file that was not its own. */
export class FileLayers implements VolumeLayers {
  readonly #parts: SnapshotParts;
  readonly #files: VolumeFiles;
  readonly #chains: FileChains;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    this.#files = parts.files;
    this.#chains = parts.chains;
  }

  /** Of a snapshot that is taken already: what the guest has. */
  prepare(volumeId: string, snapshotId: string): Promise<DiskSource> {
    return inTurn(this.#parts, volumeId, snapshotId, async () => {
      const found = await this.#files.get(volumeId);
      if (found.step?.kind === "switch" && found.step.snapshotId === snapshotId)
        return this.#source(volumeId, found.step.layer);
      const chain = await this.#chains.settled(volumeId);
      if (layerOf(chain, snapshotId) !== undefined) return this.#source(volumeId, chain.top);
      const layer = chain.next;
      await this.#files.addLayer(volumeId, chain, chain.top);
      const step = { kind: "switch", snapshotId, layer } as const;
      await this.#files.save(volumeId, { ...withLayer(chain, chain.top), step });
      return this.#source(volumeId, layer);
    });
  }

  /**
   * Only what the guest alone is over is merged below it: where the chain forks, or a linked clone is over the upper
   * layer, the lower one stays without a name until the guest is off.
   */
  planMerge(volumeId: string, snapshotId: string) {
    return inTurn(this.#parts, volumeId, snapshotId, async () => {
      const found = await this.#files.find(volumeId);
      const lower = found && layerLeft(found, snapshotId);
      if (!found || lower === undefined) return undefined;
      if (found.step?.kind === "merge" && found.step.lower === lower) return this.#plan(volumeId, found.step);
      const chain = await this.#chains.settled(volumeId);
      if (!ancestry(chain).includes(lower)) return undefined;
      this.#files.assertUnread(volumeId);
      await this.#files.assertNoClones(volumeId, [lower]);
      const upper = await this.#aloneOver(volumeId, chain, lower);
      if (upper === undefined) return undefined;
      const step = { kind: "merge", upper, lower, active: upper === chain.top } as const;
      await this.#files.save(volumeId, { ...unnamed(chain, snapshotId), step });
      return this.#plan(volumeId, step);
    });
  }

  async settle(volumeId: string, top: string): Promise<void> {
    checkedId(volumeId, "volume_id");
    await this.#parts.queue.run(volumeId, () => this.#parts.typed(() => this.#chains.settle(volumeId, top)));
  }

  async #aloneOver(volumeId: string, chain: Chain, lower: number): Promise<number | undefined> {
    const [upper, ...others] = over(chain, lower);
    if (upper === undefined || others.length > 0 || over(chain, upper).length > 1) return undefined;
    return (await this.#files.clonesOver(volumeId, [upper])).length > 0 ? undefined : upper;
  }

  #plan(volumeId: string, { upper, lower, active }: { upper: number; lower: number; active: boolean }) {
    return { top: this.#files.nameOf(volumeId, upper), base: this.#files.nameOf(volumeId, lower), active };
  }

  #source(volumeId: string, layer: number): Promise<DiskSource> {
    return this.#files.sourceOf(volumeId, layer);
  }
}
