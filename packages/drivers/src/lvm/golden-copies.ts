import type { Clock, Log } from "@limiquantix/kit";
import type { StoredImage, VolumeRequest } from "@limiquantix/node";
import type { QemuSource } from "../file-pool/qemu-source.ts";
import { KeyedQueue } from "../files/keyed-queue.ts";
import type { Activations } from "./activations.ts";
import { imageLv, imageTag, newLv, parseLvName } from "./lv-names.ts";
import { blockTarget, type QemuCopies, wholeExtents } from "./new-volume.ts";
import { whileRoom } from "./room-guard.ts";
import type { VolumeGroup } from "./volume-group.ts";

/** One that no volume shares blocks with is kept for the next one of its image, if it was not made longer ago than this. */
const KEEP_MS = 24 * 3600_000;

export interface GoldenParts {
  group: VolumeGroup;
  activations: Activations;
  qemuImg: QemuCopies;
  /** The pool's id. */
  pool: string;
  clock: Clock;
  log: Log;
}

/**
 * Golden copies: an image file of the host's own pool is copied into the group once, and volumes are snapshots of it. A
 * volume needs nothing of it any more once it is made, so a copy may go at any time; nobody tells us that an image was
 * deleted.
 */
export class GoldenCopies {
  readonly #parts: GoldenParts;
  readonly #queue = new KeyedQueue();

  constructor(parts: GoldenParts) {
    this.#parts = parts;
  }

  /** Its name in the group. */
  ensure(
    { imageId, virtualSizeBytes }: StoredImage,
    from: QemuSource,
    { signal, onProgress }: Pick<VolumeRequest, "signal" | "onProgress">,
  ): Promise<string> {
    const name = imageLv(imageId);
    return this.#queue.run(name, async () => {
      const { pool, clock, group, activations, qemuImg } = this.#parts;
      const all = await group.list();
      if (all.some((lv) => lv.name === name)) return name;
      const unfinished = newLv(name);
      if (all.some((lv) => lv.name === unfinished)) await group.remove([unfinished]);
      await group.create({ name: unfinished, sizeBytes: wholeExtents(virtualSizeBytes) });
      try {
        const room = { pool, clock, signal, usedPercent: () => group.usedPercent() };
        await activations.during(unfinished, { wasActive: false }, () =>
          whileRoom(room, (signal) =>
            qemuImg.fill(from, blockTarget(group.path(unfinished)), { thick: false, signal, onProgress }),
          ),
        );
      } catch (error) {
        await group.remove([unfinished]);
        throw error;
      }
      await group.rename(unfinished, name);
      return name;
    });
  }

  /** Removes what nobody needs. What fails is for the next time. */
  async sweep(): Promise<void> {
    const { group, clock, log } = this.#parts;
    const all = await group.list();
    for (const { name, madeAtMs } of all) {
      const known = parseLvName(name);
      if (known?.kind !== "image" || known.state !== "whole" || clock.now() - madeAtMs < KEEP_MS) continue;
      if (all.some((lv) => lv.tags.includes(imageTag(known.ownerId)))) continue;
      await this.#queue
        .run(name, () => group.remove([name]))
        .catch((error: unknown) => {
          log.warn("a copy of an image that nobody needs could not be removed", { lv: name, err: error });
        });
    }
  }
}
