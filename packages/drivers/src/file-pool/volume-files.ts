import { problem, Reason } from "@limiquantix/api";
import type { DiskSource, VolumeInfo } from "@limiquantix/node";
import { basename, dirname, join } from "node:path";
import { ifExists } from "../files/errno.ts";
import { type Chain, isSingleLayer, singleLayer } from "./chain.ts";
import { type FileStore, LocalStore } from "./file-store.ts";
import { parseQcow2Header, QCOW2_HEAD_BYTES, type Qcow2Header, Qcow2HeaderError } from "./image/qcow2-header.ts";
import { imageExtensions } from "./image/stored-image.ts";
import { checkedId, idOfFile, layerFile, layerOfFile, type PoolPaths, SHARED } from "./pool-paths.ts";
import { type Backing, isLocked, type QemuImg } from "./qemu-img.ts";

const MAX_DEPTH = 1000;

/** The files of volumes, and what they say of each other. */
export class VolumeFiles {
  readonly paths: PoolPaths;
  readonly qemuImg: QemuImg;
  /** Ends the names of what this host is still writing. */
  readonly unfinished: string;
  readonly store: FileStore;
  /** Volume → how many copies are being read from it. */
  readonly #readers = new Map<string, number>();

  constructor(paths: PoolPaths, qemuImg: QemuImg, unfinished: string, store: FileStore = new LocalStore(paths)) {
    this.paths = paths;
    this.store = store;
    this.qemuImg = qemuImg;
    this.unfinished = unfinished;
  }

  path(volumeId: string, layer: number): string {
    return join(this.paths.volumes, layerFile(checkedId(volumeId, "volume_id"), layer));
  }

  /** What a guest's definition has of this layer. */
  nameOf(volumeId: string, layer: number): string {
    return this.store.nameOf(this.path(volumeId, layer));
  }

  sourceOf(volumeId: string, layer: number): Promise<DiskSource> {
    return this.store.sourceOf(this.path(volumeId, layer), "qcow2");
  }

  /** Of a volume that several guests have. */
  sharedPath(volumeId: string): string {
    return join(this.paths.volumes, `${checkedId(volumeId, "volume_id")}${SHARED}`);
  }

  async sharedInfo(volumeId: string): Promise<VolumeInfo | undefined> {
    const found = await ifExists(this.store.stat(this.sharedPath(volumeId)));
    return found && { volumeId, sizeBytes: found.sizeBytes, usedBytes: found.usedBytes, imageId: "", snapshotIds: [] };
  }

  #chainPath(volumeId: string): string {
    return join(this.paths.volumes, `${checkedId(volumeId, "volume_id")}.json`);
  }

  /** Undefined: there is no such volume, or it is being deleted. */
  async find(volumeId: string): Promise<Chain | undefined> {
    const written = await this.#written(volumeId);
    if (written) return written.deleting ? undefined : written;
    return (await ifExists(this.store.stat(this.path(volumeId, 0)))) ? singleLayer() : undefined;
  }

  async isBeingDeleted(volumeId: string): Promise<boolean> {
    return (await this.#written(volumeId))?.deleting === true;
  }

  async #written(volumeId: string): Promise<Chain | undefined> {
    const text = await ifExists(this.store.readAll(this.#chainPath(volumeId)));
    return text === undefined ? undefined : (JSON.parse(text.toString("utf8")) as Chain);
  }

  async get(volumeId: string): Promise<Chain> {
    const chain = await this.find(volumeId);
    if (chain) return chain;
    if (await this.sharedInfo(volumeId)) {
      throw problem(Reason.UNSUPPORTED, { what: `layers of volume ${volumeId}`, why: "several guests share it" });
    }
    throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
  }

  async save(volumeId: string, chain: Chain): Promise<Chain> {
    const path = this.#chainPath(volumeId);
    if (isSingleLayer(chain) && !chain.deleting) await this.remove(path);
    else await this.store.write(path, JSON.stringify(chain), this.unfinished);
    return chain;
  }

  async header(path: string): Promise<Qcow2Header | undefined> {
    const head = await ifExists(this.store.read(path, 0, QCOW2_HEAD_BYTES));
    return head && parseQcow2Header(head);
  }

  async info(volumeId: string): Promise<VolumeInfo | undefined> {
    const chain = await this.find(volumeId);
    const header = chain && (await this.header(this.path(volumeId, chain.top)));
    if (!chain) return this.sharedInfo(volumeId);
    if (!header) {
      // Deleted just now, or damaged: never to be taken for one that is not there.
      if (!(await this.find(volumeId))) return undefined;
      throw new Qcow2HeaderError(`layer ${chain.top} of volume ${volumeId} is missing`, true);
    }
    let usedBytes = 0;
    for (const { number } of chain.layers) usedBytes += (await this.usedBytes(volumeId, number)) ?? 0;
    const image = await this.imageBelow(this.path(volumeId, chain.top));
    return {
      volumeId,
      sizeBytes: header.virtualSizeBytes,
      usedBytes,
      imageId: image?.imageId ?? "",
      snapshotIds: chain.snapshots.map(({ id }) => id),
    };
  }

  async usedBytes(volumeId: string, layer: number): Promise<number | undefined> {
    return (await ifExists(this.store.stat(this.path(volumeId, layer))))?.usedBytes;
  }

  async sizeBytes(volumeId: string, layer: number): Promise<number> {
    const header = await this.header(this.path(volumeId, layer));
    if (!header) throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
    return header.virtualSizeBytes;
  }

  async ids(): Promise<string[]> {
    const names = await this.#names();
    const ids = names.flatMap(
      (name) => idOfFile(name, ".json") ?? idOfFile(name, SHARED) ?? layerOfFile(name)?.volumeId ?? [],
    );
    return [...new Set(ids)].toSorted();
  }

  /** Whether anything was ever written into a layer: then its first table names others. */
  async hasData(volumeId: string, layer: number): Promise<boolean> {
    const path = this.path(volumeId, layer);
    const header = await this.header(path);
    if (!header) return false;
    const tables = await this.store.read(path, header.l1Offset, header.l1Entries * 8);
    return tables.some((byte) => byte !== 0);
  }

  /** All names of a volume's files, known to its chain or not; its chain itself is the last. */
  async namesOf(volumeId: string): Promise<string[]> {
    const names = await this.#names();
    const chain = `${checkedId(volumeId, "volume_id")}.json`;
    return [
      ...names.filter((name) => layerOfFile(name)?.volumeId === volumeId),
      ...names.filter((name) => name === chain),
    ];
  }

  /** What a deletion that was cut off left. Files without what says how they belong together are not ours to judge. */
  async finishDeletion(volumeId: string): Promise<void> {
    if (await this.isBeingDeleted(volumeId)) await this.removeAll(volumeId);
    else if ((await this.namesOf(volumeId)).length > 0)
      throw new Qcow2HeaderError(`the layers of volume ${volumeId} have lost their chain`, true);
  }

  async removeAll(volumeId: string): Promise<void> {
    for (const name of await this.namesOf(volumeId)) await this.remove(join(this.paths.volumes, name));
  }

  /** The image at the very bottom of a file, and whether there is nothing but the image below it. */
  async imageBelow(path: string): Promise<{ imageId: string; path: string; right: boolean } | undefined> {
    let right = true;
    for (let at = path, depth = 0; depth < MAX_DEPTH; depth++) {
      const backingFile = (await this.header(at))?.backingFile;
      if (!backingFile) return undefined;
      const below = this.store.backingPath(this.paths.volumes, backingFile);
      if (dirname(below) === this.paths.images) {
        const ids = imageExtensions.map((extension) => idOfFile(basename(below), extension));
        const imageId = ids.find((id) => id !== undefined);
        return imageId === undefined ? undefined : { imageId, path: below, right };
      }
      right = false;
      at = below;
    }
    throw new Error(`${path} is below itself`);
  }

  /** The other volumes that are right over one of these files of a volume. */
  async clonesOver(volumeId: string, layers: readonly number[]): Promise<string[]> {
    const below = new Set(layers.map((layer) => this.path(volumeId, layer)));
    const clones = new Set<string>();
    for (const name of await this.#names()) {
      const other = layerOfFile(name);
      if (!other || other.volumeId === volumeId) continue;
      const backingFile = (await this.header(join(this.paths.volumes, name)))?.backingFile;
      if (backingFile && below.has(this.store.backingPath(this.paths.volumes, backingFile))) clones.add(other.volumeId);
    }
    return [...clones];
  }

  async assertNoClones(volumeId: string, layers: readonly number[]): Promise<void> {
    const clones = await this.clonesOver(volumeId, layers);
    if (clones.length > 0) throw inUse(volumeId, `linked clones are over it: ${clones.join(", ")}`);
  }

  async isOpen(path: string, format: "qcow2" | "raw" = "qcow2"): Promise<boolean> {
    try {
      await this.qemuImg.assertUnlocked(path, format);
      return false;
    } catch (error) {
      if (isLocked(error)) return true;
      if (!(await ifExists(this.store.stat(path)))) return false;
      throw error;
    }
  }

  async assertClosed(volumeId: string, layer: number): Promise<void> {
    await this.assertFileClosed(volumeId, this.path(volumeId, layer), "qcow2");
  }

  async assertFileClosed(volumeId: string, path: string, format: "qcow2" | "raw"): Promise<void> {
    if (await this.isOpen(path, format)) throw inUse(volumeId, "a guest has it open");
  }

  /** Runs `work`, which reads a volume's files: nothing of them is taken away meanwhile. */
  async reading<T>(volumeId: string, work: () => Promise<T>): Promise<T> {
    this.#readers.set(volumeId, (this.#readers.get(volumeId) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.#readers.get(volumeId) ?? 1) - 1;
      if (left === 0) this.#readers.delete(volumeId);
      else this.#readers.set(volumeId, left);
    }
  }

  assertUnread(volumeId: string): void {
    if (this.#readers.has(volumeId)) throw inUse(volumeId, "it is being copied");
  }

  /** A new, empty layer over `below`, under the number that comes next. */
  async addLayer(volumeId: string, chain: Chain, below: number): Promise<void> {
    const sizeBytes = await this.sizeBytes(volumeId, below);
    const backing = this.backing(this.path(volumeId, below), "qcow2");
    await this.complete(this.path(volumeId, chain.next), (path) =>
      this.qemuImg.create(path, { sizeBytes, backing, thick: false }),
    );
  }

  /** Writes a file under another name until it is complete, so that a crash leaves no half of it. */
  async complete(path: string, write: (path: string) => Promise<void>): Promise<void> {
    const temporary = path + this.unfinished;
    try {
      await this.store.remove(temporary);
      await write(temporary);
      await this.store.makeDurable(temporary);
      await this.store.rename(temporary, path);
    } catch (error) {
      await this.store.remove(temporary);
      throw error;
    }
  }

  async remove(path: string): Promise<void> {
    await this.store.remove(path);
  }

  /** What a volume's file says of a file right below it. */
  backing(path: string, format: Backing["format"]): Backing {
    return { path: this.store.backingName(this.paths.volumes, path), format };
  }

  async #names(): Promise<string[]> {
    return (await this.store.entries(this.paths.volumes)).map(({ name }) => name);
  }
}

export function inUse(name: string, by: string, cause?: unknown) {
  return problem(Reason.IN_USE, { kind: "volume", name, by }, { cause });
}
