import type { Clock, Log } from "@limiquantix/kit";
import type { StoredImage, VolumeRequest } from "@limiquantix/node";
import { KeyedQueue } from "../files/keyed-queue.ts";
import type { QemuImg } from "../file-pool/qemu-img.ts";
import type { QemuSource } from "../file-pool/qemu-source.ts";
import type { Attachments } from "./attachments.ts";
import type { Definitions } from "./definitions.ts";
import { target, wholeSize } from "./devices.ts";
import { BASE, imageName, parseName } from "./names.ts";
import { waitUntil } from "./wait-until.ts";

/** One that no volume was made of is kept for the next one of its image, if it was not made longer ago than this. */
const KEEP_MS = 24 * 3600_000;
const OTHERS_MS = 3600_000;

export interface GoldenParts {
  definitions: Definitions;
  attachments: Attachments;
  qemuImg: QemuCopies;
  clock: Clock;
  log: Log;
}

export type QemuCopies = Pick<QemuImg, "fill" | "virtualSizeBytes">;

/**
 * Golden copies: an image file of the host's own pool is copied into a definition once, and volumes are restored from its
 * snapshot. Nobody tells us that an image was deleted: one that no volume has the name of goes when it is a day old.
 */
export class GoldenCopies {
  readonly #parts: GoldenParts;
  readonly #queue = new KeyedQueue();

  constructor(parts: GoldenParts) {
    this.#parts = parts;
  }

  /** The snapshot, and how large it is. */
  ensure(
    { imageId, virtualSizeBytes }: StoredImage,
    from: QemuSource,
    { signal, onProgress }: Pick<VolumeRequest, "signal" | "onProgress">,
  ): Promise<{ of: string; name: string; sizeBytes: number }> {
    const name = imageName(imageId);
    const sizeBytes = wholeSize(virtualSizeBytes);
    const snapshot = { of: name, name: BASE, sizeBytes };
    return this.#queue.run(name, async () => {
      const { definitions, attachments, qemuImg } = this.#parts;
      if (await this.#isThereElseBegun(name, signal)) return snapshot;
      try {
        await definitions.place(name, sizeBytes);
        await attachments.during(name, async (device) =>
          qemuImg.fill(from, await target(device), { thick: false, signal, onProgress }),
        );
        await definitions.takeSnapshot(name, BASE);
        await definitions.complete(name);
      } catch (error) {
        await definitions.discard(name).catch((cause: unknown) => this.#leftOver(name, cause));
        throw error;
      }
      return snapshot;
    });
  }

  /** While another host makes it, that is waited for; of two that begin at once one does. */
  #isThereElseBegun(name: string, signal: AbortSignal): Promise<boolean> {
    const { definitions, clock } = this.#parts;
    const tooSlow = `another host has not made ${name} in an hour`;
    return waitUntil(clock, { limitMs: OTHERS_MS, tooSlow }, async () => {
      signal.throwIfAborted();
      const there = (await definitions.list()).find((one) => one.name === name);
      const standing = there && definitions.standing(there);
      if (standing === "complete") return true;
      if (standing === "another") return undefined;
      if (standing) await definitions.discard(name);
      return (await definitions.claim(name)) ? false : undefined;
    });
  }

  /** Removes what nobody needs. What fails is for the next time. */
  async sweep(): Promise<void> {
    const { definitions, clock } = this.#parts;
    const all = await definitions.list();
    for (const { name, isComplete, marks } of all) {
      const known = parseName(name);
      if (known?.kind !== "image" || !isComplete || clock.now() - Number(marks["made-at"]) < KEEP_MS) continue;
      if (all.some((one) => one.marks.image === known.ownerId)) continue;
      await this.#queue
        .run(name, () => definitions.discard(name))
        .catch((cause: unknown) => this.#leftOver(name, cause));
    }
  }

  #leftOver(definition: string, err: unknown): void {
    this.#parts.log.warn("a copy of an image that nobody needs could not be removed", { definition, err });
  }
}
