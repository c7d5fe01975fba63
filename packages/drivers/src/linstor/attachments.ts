import { problem, Reason } from "@limiquantix/api";
import { KeyedQueue } from "../files/keyed-queue.ts";
import { inUse } from "./linstor-failure.ts";
import type { Places } from "./places.ts";

/** Volumes are reachable from this node only while somebody here uses them: a guest, or a copy that is being made. */
export class Attachments {
  readonly #places: Places;
  readonly #queue = new KeyedQueue();
  readonly #copies = new Map<string, number>();
  readonly #attached = new Set<string>();

  constructor(places: Places) {
    this.#places = places;
  }

  /**
   * For a guest. DRBD lets one node write at a time and refuses the second; VM_LOCKED_ELSEWHERE says it before a guest is
   * started in vain.
   */
  attach(name: string, volumeId: string): Promise<string> {
    return this.#queue.run(name, async () => {
      const elsewhere = (await this.#places.list(name)).find(
        ({ node, isInUse }) => isInUse && node !== this.#places.node,
      );
      if (elsewhere) throw problem(Reason.VM_LOCKED_ELSEWHERE, { vm: `of volume ${volumeId} (on ${elsewhere.node})` });
      const device = await this.#places.available(name);
      this.#attached.add(name);
      return device;
    });
  }

  /** Also what a daemon before us attached. */
  detach(name: string, volumeId: string): Promise<void> {
    return this.#queue.run(name, async () => {
      const here = (await this.#places.list(name)).find(({ node }) => node === this.#places.node);
      if (here?.isInUse && !this.#copies.has(name)) throw inUse("volume", volumeId, "a guest has it open");
      if (here && !this.#copies.has(name)) await this.#places.leave(here);
      this.#attached.delete(name);
    });
  }

  forget(name: string): void {
    this.#attached.delete(name);
  }

  isCopied(name: string): boolean {
    return this.#copies.has(name);
  }

  /** Its device, for a copy that we make ourselves. */
  async during<T>(name: string, work: (device: string) => Promise<T>): Promise<T> {
    const device = await this.#queue.run(name, async () => {
      this.#copies.set(name, (this.#copies.get(name) ?? 0) + 1);
      return this.#places.available(name).catch((error: unknown) => {
        this.#done(name);
        throw error;
      });
    });
    try {
      return await work(device);
    } finally {
      await this.#queue.run(name, async () => {
        if (this.#done(name) > 0 || this.#attached.has(name)) return;
        const here = (await this.#places.list(name)).find(({ node }) => node === this.#places.node);
        if (here) await this.#places.leave(here);
      });
    }
  }

  #done(name: string): number {
    const left = (this.#copies.get(name) ?? 1) - 1;
    if (left > 0) this.#copies.set(name, left);
    else this.#copies.delete(name);
    return left;
  }
}
