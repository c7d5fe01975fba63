import { problem, Reason } from "@limiquantix/api";
import type { VolumeInfo } from "@limiquantix/node";
import { open, readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { renameDurably, syncDirectory, writeFileAtomically } from "../files/atomic-file.ts";
import { ifExists } from "../files/errno.ts";
import { type Chain, isSingleLayer, singleLayer } from "./chain.ts";
import { fileSource } from "./image/byte-source.ts";
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
  /** Volume → how many copies are being read from it. */
  readonly #readers = new Map<string, number>();

  constructor(paths: PoolPaths, qemuImg: QemuImg, unfinished: string) {
    this.paths = paths;
    this.qemuImg = qemuImg;
    this.unfinished = unfinished;
  }

  path(volumeId: string, layer: number): string {
    return join(this.paths.volumes, layerFile(checkedId(volumeId, "volume_id"), layer));
  }

  /** Of a volume that several guests have. */
  sharedPath(volumeId: string): string {
    return join(this.paths.volumes, `${checkedId(volumeId, "volume_id")}${SHARED}`);
  }

  async sharedInfo(volumeId: string): Promise<VolumeInfo | undefined> {
    const found = await ifExists(stat(this.sharedPath(volumeId)));
    return found && { volumeId, sizeBytes: found.size, usedBytes: found.blocks * 512, imageId: "", snapshotIds: [] };
  }

  #chainPath(volumeId: string): string {
    return join(this.paths.volumes, `${checkedId(volumeId, "volume_id")}.json`);
  }

  /** Undefined: there is no such volume, or it is being deleted. */
  async find(volumeId: string): Promise<Chain | undefined> {
    const written = await this.#written(volumeId);
    if (written) return written.deleting ? undefined : written;
    return (await ifExists(stat(this.path(volumeId, 0)))) ? singleLayer() : undefined;
  }

  async isBeingDeleted(volumeId: string): Promise<boolean> {
    return (await this.#written(volumeId))?.deleting === true;
  }

  async #written(volumeId: string): Promise<Chain | undefined> {
    const text = await ifExists(readFile(this.#chainPath(volumeId), "utf8"));
    return text === undefined ? undefined : (JSON.parse(text) as Chain);
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
    else await writeFileAtomically(path, JSON.stringify(chain), this.unfinished);
    return chain;
  }

  async header(path: string): Promise<Qcow2Header | undefined> {
    const handle = await ifExists(open(path, "r"));
    if (!handle) return undefined;
    try {
      const head = Buffer.alloc(QCOW2_HEAD_BYTES);
      const { bytesRead } = await handle.read(head, 0, head.length, 0);
      return parseQcow2Header(head.subarray(0, bytesRead));
    } finally {
      await handle.close();
    }
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
    const found = await ifExists(stat(this.path(volumeId, layer)));
    return found && found.blocks * 512;
  }

  async sizeBytes(volumeId: string, layer: number): Promise<number> {
    const header = await this.header(this.path(volumeId, layer));
    if (!header) throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
    return header.virtualSizeBytes;
  }

  async ids(): Promise<string[]> {
    const names = await readdir(this.paths.volumes);
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
    await using handle = await open(path, "r");
    const tables = await (await fileSource(handle)).read(header.l1Offset, header.l1Entries * 8);
    return tables.some((byte) => byte !== 0);
  }

  /** All names of a volume's files, known to its chain or not; its chain itself is the last. */
  async namesOf(volumeId: string): Promise<string[]> {
    const names = await readdir(this.paths.volumes);
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
      const below = resolve(this.paths.volumes, backingFile);
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
    for (const name of await readdir(this.paths.volumes)) {
      const other = layerOfFile(name);
      if (!other || other.volumeId === volumeId) continue;
      const backingFile = (await this.header(join(this.paths.volumes, name)))?.backingFile;
      if (backingFile && below.has(resolve(this.paths.volumes, backingFile))) clones.add(other.volumeId);
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
      if (!(await ifExists(stat(path)))) return false;
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
    const backing: Backing = { path: layerFile(volumeId, below), format: "qcow2" };
    await this.complete(this.path(volumeId, chain.next), (path) =>
      this.qemuImg.create(path, { sizeBytes, backing, thick: false }),
    );
  }

  /** Writes a file under another name until it is complete, so that a crash leaves no half of it. */
  async complete(path: string, write: (path: string) => Promise<void>): Promise<void> {
    const temporary = path + this.unfinished;
    try {
      await rm(temporary, { force: true });
      await write(temporary);
      await makeDurable(temporary);
      await renameDurably(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async remove(path: string): Promise<void> {
    await rm(path, { force: true });
    await syncDirectory(dirname(path));
  }
}

export function inUse(name: string, by: string, cause?: unknown) {
  return problem(Reason.IN_USE, { kind: "volume", name, by }, { cause });
}

export async function makeDurable(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.chmod(0o600);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
