import { problem, Reason } from "@limiquantix/api";

/** Keeps an image from being deleted while a volume is, or is being, laid over it. */
export class ImageUsers {
  readonly #coming = new Map<string, number>();
  readonly #leaving = new Set<string>();
  readonly #volumesOver: (imageId: string) => Promise<string[]>;

  /** `volumesOver` answers the ids of the volumes that have the image below them. */
  constructor(volumesOver: (imageId: string) => Promise<string[]>) {
    this.#volumesOver = volumesOver;
  }

  /** Runs `work`, which lays a volume over the image. */
  async using<T>(imageId: string, work: () => Promise<T>): Promise<T> {
    if (this.#leaving.has(imageId)) throw problem(Reason.IMAGE_NOT_READY, { image: imageId, phase: "being deleted" });
    this.#coming.set(imageId, (this.#coming.get(imageId) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.#coming.get(imageId) ?? 1) - 1;
      if (left === 0) this.#coming.delete(imageId);
      else this.#coming.set(imageId, left);
    }
  }

  /** Runs `work`, which deletes the image; IMAGE_IN_USE when there are users. */
  async whileUnused(imageId: string, work: () => Promise<void>): Promise<void> {
    // First the mark, then the look: a user that comes in between is turned away or is seen.
    this.#leaving.add(imageId);
    try {
      const coming = this.#coming.get(imageId) ?? 0;
      const volumes = await this.#volumesOver(imageId);
      const count = Math.max(coming, volumes.length);
      if (count > 0)
        throw problem(Reason.IMAGE_IN_USE, {
          image: imageId,
          count: String(count),
          vms: volumes.length > 0 ? `disks ${volumes.join(", ")}` : "one is being made",
        });
      await work();
    } finally {
      this.#leaving.delete(imageId);
    }
  }
}
