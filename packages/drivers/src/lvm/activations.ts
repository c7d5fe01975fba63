import { KeyedQueue } from "../files/keyed-queue.ts";
import type { VolumeGroup } from "./volume-group.ts";

/** Volumes are active only while somebody uses them: a guest, or a copy that is being made of them. */
export class Activations {
  readonly #group: VolumeGroup;
  readonly #queue = new KeyedQueue();
  readonly #copies = new Map<string, number>();
  readonly #attached = new Set<string>();

  constructor(group: VolumeGroup) {
    this.#group = group;
  }

  /** For a guest. Asks LVM even where it is active already: the group may be another host's by now. */
  attach(lv: string): Promise<void> {
    return this.#queue.run(lv, async () => {
      await this.#group.activate(lv);
      this.#attached.add(lv);
    });
  }

  /** Also what a daemon before us attached. */
  detach(lv: string): Promise<void> {
    return this.#queue.run(lv, async () => {
      if (!this.#copies.has(lv)) await this.#group.deactivate(lv);
      this.#attached.delete(lv);
    });
  }

  /** Forgets one that is gone. */
  forget(lv: string): void {
    this.#attached.delete(lv);
  }

  isCopied(lv: string): boolean {
    return this.#copies.has(lv);
  }

  /** `wasActive`: a guest may have it, which a daemon before us attached. */
  async during<T>(lv: string, { wasActive }: { wasActive: boolean }, work: () => Promise<T>): Promise<T> {
    await this.#queue.run(lv, async () => {
      if (wasActive && !this.#copies.has(lv)) this.#attached.add(lv);
      await this.#group.activate(lv);
      this.#copies.set(lv, (this.#copies.get(lv) ?? 0) + 1);
    });
    try {
      return await work();
    } finally {
      await this.#queue.run(lv, async () => {
        const left = (this.#copies.get(lv) ?? 1) - 1;
        if (left > 0) return void this.#copies.set(lv, left);
        this.#copies.delete(lv);
        if (!this.#attached.has(lv)) await this.#group.deactivate(lv);
      });
    }
  }
}
