import type { QemuImg } from "../file-pool/qemu-img.ts";
import type { QemuSource } from "../file-pool/qemu-source.ts";
import type { Filling } from "./golden-images.ts";
import type { RbdImages } from "./rbd-images.ts";

/** Copies disks into the pool by qemu-img, which knows where an RBD image has nothing. The key is in its configuration's keyring. */
export class RbdFilling {
  readonly #images: RbdImages;
  readonly #qemuImg: QemuImg;

  constructor(images: RbdImages, qemuImg: QemuImg) {
    this.#images = images;
    this.#qemuImg = qemuImg;
  }

  /** An image of this pool to read. */
  disk(image: string, snapshot: string | undefined): QemuSource {
    const file = { ...this.#file(image), ...(snapshot !== undefined && { snapshot }) };
    return { name: `json:${JSON.stringify({ driver: "raw", file })}`, format: [], objects: [] };
  }

  async fill(from: QemuSource, image: string, { thick, signal, onProgress }: Filling): Promise<void> {
    const file = Object.entries(this.#file(image)).map(([key, value]) => `file.${key}=${value}`);
    await this.#qemuImg.fill(from, ["driver=raw", ...file].join(","), { thick, signal, onProgress });
  }

  #file(image: string) {
    const { pool, namespace } = this.#images.place;
    const { conf, user } = this.#images.commands;
    return { driver: "rbd", pool, ...(namespace && { namespace }), image, conf, user };
  }
}
