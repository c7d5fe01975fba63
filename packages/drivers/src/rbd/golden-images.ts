import { problem, Reason } from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import type { StoredImage } from "@limiquantix/node";
import { access } from "node:fs/promises";
import { KeyedQueue } from "../files/keyed-queue.ts";
import { ifExists } from "../files/errno.ts";
import { qemuFormat } from "../file-pool/image/stored-image.ts";
import { type QemuSource, qemuSource } from "../file-pool/qemu-source.ts";
import { Errno, isErrno } from "./ceph-commands.ts";
import { BASE, imageName, newImageName, parseName } from "./names.ts";
import { type RbdImages, spec } from "./rbd-images.ts";

/** One that nothing is a clone of is kept for the next volume of its image, if it was not made longer ago than this. */
const KEEP_MS = 24 * 3600_000;
/** What is not complete by then was left by a host that died. */
const ABANDONED_MS = 3600_000;

export interface Filling {
  thick: boolean;
  signal: AbortSignal;
  onProgress: (percent: number) => void;
}

/**
 * Golden copies: an image file of the host's own pool is copied into an RBD image once, for all hosts, with a snapshot that
 * volumes are clones of. It becomes the image's by its name, once it is complete; of two hosts that make it at once one's
 * copy is thrown away. Nobody tells this pool that an image was deleted, so a copy goes when it is a day old and nothing is
 * a clone of it; the next volume of that image makes it anew.
 */
export class GoldenImages {
  readonly #images: RbdImages;
  readonly #fill: (from: QemuSource, name: string, filling: Filling) => Promise<void>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #queue = new KeyedQueue();

  constructor(options: {
    images: RbdImages;
    fill: (from: QemuSource, name: string, filling: Filling) => Promise<void>;
    clock: Clock;
    log: Log;
  }) {
    this.#images = options.images;
    this.#fill = options.fill;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Makes `name` a clone of the image. */
  async clone(image: StoredImage, name: string, filling: Filling): Promise<void> {
    const base = spec(imageName(image.imageId), BASE);
    for (let tries = 0; ; tries++) {
      try {
        return await this.#images.clone(base, name);
      } catch (error) {
        // A second time where it was removed for its age just now.
        if (!isErrno(error, Errno.ENOENT) || tries === 2) throw error;
      }
      await this.#queue.run(image.imageId, () => this.#ensure(image, filling));
    }
  }

  /** Removes what nobody needs. What fails is for the next time. */
  async sweep(): Promise<void> {
    const listed = await this.#images.list();
    const parents = new Set(listed.map(({ parent }) => parent?.image));
    for (const { image: name, snapshot } of listed) {
      const known = parseName(name);
      if (snapshot !== undefined || !known || parents.has(name) || (!known.isNew && known.kind !== "image")) continue;
      try {
        await this.#sweepOne(name, known.isNew ? ABANDONED_MS : KEEP_MS);
      } catch (error) {
        this.#log.warn("a copy that nobody needs could not be removed", { image: name, err: error });
      }
    }
  }

  async #sweepOne(name: string, keepMs: number): Promise<void> {
    const made = await this.#images.info(name);
    if (!made || this.#clock.now() - Date.parse(made.create_timestamp) < keepMs) return;
    const known = parseName(name);
    if (known?.isNew) return this.#images.discard(name);
    // From here on nobody finds it. Who found it before has his clone by then, or none: its snapshot cannot go while it has one.
    const leaving = newImageName(known?.ownerId ?? "");
    await this.#images.rename(name, leaving);
    if ((await this.#images.children(leaving)).length > 0) return this.#images.rename(leaving, name);
    await this.#images.removeAllSnapshots(leaving);
    await this.#images.remove(leaving);
  }

  async #ensure(image: StoredImage, filling: Filling): Promise<void> {
    const { imageId } = image;
    if (await this.#images.info(spec(imageName(imageId), BASE))) return;
    const name = newImageName(imageId);
    const from = await imageFile(image);
    try {
      await this.#images.create(name, image.virtualSizeBytes, { thick: false });
      await this.#fill(from, name, { ...filling, thick: false });
      await this.#images.createSnapshot(spec(name, BASE));
      await this.#images.rename(name, imageName(imageId));
      // Of two renames at the same instant the one that comes second is said to have worked, and has not.
      if (await this.#images.info(name)) await this.#images.discard(name);
    } catch (error) {
      await this.#images
        .discard(name)
        .catch((cause: unknown) =>
          this.#log.warn("what was made of a golden copy could not be removed", { image: name, err: cause }),
        );
      if (!isErrno(error, Errno.EEXIST)) throw error;
    }
  }
}

/** NOT_FOUND. */
export async function imageFile({ imageId, path, format }: StoredImage): Promise<QemuSource> {
  if ((await ifExists(access(path).then(() => true))) === undefined)
    throw problem(Reason.NOT_FOUND, { kind: "image", id: imageId });
  return qemuSource({ kind: "file", path, format: qemuFormat(format) });
}
