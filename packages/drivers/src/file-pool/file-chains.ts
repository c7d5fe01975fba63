import type { SnapshotWork } from "@limiquantix/node";
import { ifExists } from "../files/errno.ts";
import { ancestry, type Chain, folded, merged, nextToGo, over, type Step, switched, withoutLayer } from "./chain.ts";
import { isLocked } from "./qemu-img.ts";
import { inUse, type VolumeFiles } from "./volume-files.ts";

/**
 * Changes of chains that take several steps, so that a crash between any two leaves every layer's bytes where something
 * that is written down finds them: first a file is made, then the chain says so, then what nobody needs any more goes.
 */
export class FileChains {
  readonly #files: VolumeFiles;

  constructor(files: VolumeFiles) {
    this.#files = files;
  }

  /** The volume with nothing under way. IN_USE while a guest has it in the middle of a step, which only `settle` ends. */
  async settled(volumeId: string): Promise<Chain> {
    const chain = await this.#files.get(volumeId);
    const { step } = chain;
    if (!step) return chain;
    switch (step.kind) {
      case "fold":
        return this.#finishFold(volumeId, chain, step);
      case "switch": {
        for (const layer of [chain.top, step.layer]) await this.#files.assertClosed(volumeId, layer);
        // Nobody has it open. A guest that was switched, and that matters, wrote something.
        const wrote = await this.#files.hasData(volumeId, step.layer);
        return this.#endSwitch(volumeId, chain, step, wrote);
      }
      case "merge": {
        if (step.active) throw inUse(volumeId, "a merge of its layers has not been settled");
        return this.#endMerge(volumeId, chain, step, await this.#isMergedBelow(volumeId, chain, step));
      }
    }
  }

  /** The guest has the file `top`: what was under way is finished or undone by that. */
  async settle(volumeId: string, top: string): Promise<void> {
    const chain = await this.#files.find(volumeId);
    const step = chain?.step;
    if (!chain || !step) return;
    const isTop = (layer: number) => top === this.#files.nameOf(volumeId, layer);
    if (step.kind === "fold") await this.#finishFold(volumeId, chain, step);
    else if (step.kind === "switch") {
      if (isTop(step.layer)) await this.#endSwitch(volumeId, chain, step, true);
      else if (isTop(chain.top)) await this.#endSwitch(volumeId, chain, step, false);
    } else if (!step.active)
      await this.#endMerge(volumeId, chain, step, await this.#isMergedBelow(volumeId, chain, step));
    else if (isTop(step.lower)) await this.#endMerge(volumeId, chain, step, true);
    else if (isTop(step.upper)) await this.#endMerge(volumeId, chain, step, false);
  }

  /**
   * Lets go of the layers that no snapshot names any more. Where one layer is over such a layer it is written down into
   * it, for it is mostly the smaller one; until that is complete one reads the same in it as before, since it hides what it
   * overwrites. Then the lower file takes the upper one's name, so that all that is over that stays right. Layers that
   * a guest has open wait for the next time.
   */
  async tidy(volumeId: string, work: SnapshotWork): Promise<void> {
    const waiting = new Set<number>();
    for (let chain = await this.settled(volumeId); ;) {
      const go = nextToGo(chain, waiting);
      if (!go) return;
      const { lower, upper } = go;
      if (upper === undefined) {
        chain = await this.#files.save(volumeId, withoutLayer(chain, lower));
        await this.#files.remove(this.#files.path(volumeId, lower));
      } else if (await this.#commit(volumeId, upper, work)) {
        const step = { kind: "fold", upper, lower } as const;
        chain = await this.#finishFold(volumeId, await this.#files.save(volumeId, { ...chain, step }), step);
      } else waiting.add(lower);
    }
  }

  /** False: a guest has it open. */
  async #commit(volumeId: string, upper: number, work: SnapshotWork): Promise<boolean> {
    work.signal.throwIfAborted();
    try {
      await this.#files.qemuImg.commit(this.#files.path(volumeId, upper), work);
      return true;
    } catch (error) {
      if (isLocked(error)) return false;
      throw error;
    }
  }

  async #finishFold(volumeId: string, chain: Chain, step: Step & { kind: "fold" }): Promise<Chain> {
    const [lower, upper] = [this.#files.path(volumeId, step.lower), this.#files.path(volumeId, step.upper)];
    const { store } = this.#files;
    if (await ifExists(store.stat(lower))) {
      await store.makeDurable(lower);
      await store.rename(lower, upper);
    }
    return this.#files.save(volumeId, folded(chain, step));
  }

  async #endSwitch(volumeId: string, chain: Chain, step: Step & { kind: "switch" }, done: boolean): Promise<Chain> {
    if (done) return this.#files.save(volumeId, switched(chain, step.snapshotId, step.layer));
    const undone = await this.#files.save(volumeId, { ...withoutLayer(chain, step.layer), step: undefined });
    await this.#files.remove(this.#files.path(volumeId, step.layer));
    return undone;
  }

  async #endMerge(volumeId: string, chain: Chain, step: Step & { kind: "merge" }, done: boolean): Promise<Chain> {
    if (!done) return this.#files.save(volumeId, { ...chain, step: undefined });
    const after = await this.#files.save(volumeId, merged(chain, step));
    await this.#files.remove(this.#files.path(volumeId, step.upper));
    return after;
  }

  /** The hypervisor's last act in a merge below the top is to name the lower layer in what is over the upper one. */
  async #isMergedBelow(volumeId: string, chain: Chain, { upper, lower }: { upper: number; lower: number }) {
    const guests = ancestry(chain);
    const above = over(chain, upper).find((layer) => guests.includes(layer));
    if (above === undefined) return false;
    const header = await this.#files.header(this.#files.path(volumeId, above));
    const below = header && this.#files.store.backingPath(this.#files.paths.volumes, header.backingFile);
    return below === this.#files.path(volumeId, lower);
  }
}
