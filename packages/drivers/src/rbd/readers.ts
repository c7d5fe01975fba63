import { inUse } from "./failure.ts";

/** Volumes that are being copied here. The cluster counts each reader among those who have the image open, as it does guests. */
export class Readers {
  readonly #count = new Map<string, number>();

  async reading<T>(volumeId: string, work: () => Promise<T>): Promise<T> {
    this.#count.set(volumeId, this.count(volumeId) + 1);
    try {
      return await work();
    } finally {
      const left = this.count(volumeId) - 1;
      if (left === 0) this.#count.delete(volumeId);
      else this.#count.set(volumeId, left);
    }
  }

  count(volumeId: string): number {
    return this.#count.get(volumeId) ?? 0;
  }

  /** IN_USE. */
  assertNone(volumeId: string): void {
    if (this.count(volumeId) > 0) throw inUse("volume", volumeId, "it is being copied");
  }
}
