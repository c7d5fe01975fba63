import { type DiskFormat, type DiskSource, sourceName } from "@limiquantix/node";
import { lstat, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { syncDirectory, writeFileAtomically } from "../files/atomic-file.ts";
import { measureSpace, type Space } from "./pool-failure.ts";
import { makeFolders, type PoolPaths } from "./pool-paths.ts";
import { shareBlocks } from "./share-blocks.ts";

export interface StoredFile {
  sizeBytes: number;
  /** What it takes up. */
  usedBytes: number;
  modifiedMs: number;
}

export interface StoredEntry {
  name: string;
  type: "file" | "directory" | "other";
}

/**
 * What a pool's files lie on, by absolute paths. What is not there is ENOENT. What it says is done outlives a power cut.
 */
export interface FileStore {
  makeFolders(): Promise<void>;
  entries(directory: string): Promise<StoredEntry[]>;
  stat(path: string): Promise<StoredFile>;
  /** The same, but of a link itself. */
  statEntry(path: string): Promise<StoredFile>;
  /** At most `length` bytes. */
  read(path: string, offset: number, length: number): Promise<Buffer>;
  readAll(path: string): Promise<Buffer>;
  /** The whole file or none of it, readable by its owner alone; written under the name with `unfinished` behind it. */
  write(path: string, content: Uint8Array | string, unfinished: string): Promise<void>;
  /** Takes the place of what has the name. */
  rename(from: string, to: string): Promise<void>;
  /** No matter if it is not there. */
  remove(path: string): Promise<void>;
  /** Of a file that another program wrote. */
  makeDurable(path: string): Promise<void>;
  space(pool: string): Promise<Space>;
  /** Makes `to` of the blocks of `from`; false where that cannot be done. */
  shareBlocks(from: string, to: string): Promise<boolean>;
  /** As `sourceName` has what is made of it. */
  nameOf(path: string): string;
  /** How the emulator reaches it. */
  sourceOf(path: string, format: DiskFormat): Promise<DiskSource>;
  /** What a file in this directory has in its header of what is below it, and back. */
  backingName(directory: string, path: string): string;
  backingPath(directory: string, name: string): string;
}

/** A directory that this host's kernel knows. */
export class LocalStore implements FileStore {
  readonly #paths: PoolPaths;

  constructor(paths: PoolPaths) {
    this.#paths = paths;
  }

  makeFolders(): Promise<void> {
    return makeFolders(this.#paths);
  }

  async entries(directory: string): Promise<StoredEntry[]> {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.map((entry) => ({
      name: entry.name,
      type: entry.isFile() ? "file" : entry.isDirectory() ? "directory" : "other",
    }));
  }

  async stat(path: string): Promise<StoredFile> {
    return storedFile(await stat(path));
  }

  async statEntry(path: string): Promise<StoredFile> {
    return storedFile(await lstat(path));
  }

  async read(path: string, offset: number, length: number): Promise<Buffer> {
    await using handle = await open(path, "r");
    const bytes = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  }

  readAll(path: string): Promise<Buffer> {
    return readFile(path);
  }

  write(path: string, content: Uint8Array | string, unfinished: string): Promise<void> {
    return writeFileAtomically(path, content, unfinished);
  }

  async rename(from: string, to: string): Promise<void> {
    await rename(from, to);
    await syncDirectory(dirname(to));
  }

  async remove(path: string): Promise<void> {
    await rm(path, { force: true });
    await syncDirectory(dirname(path));
  }

  async makeDurable(path: string): Promise<void> {
    await using handle = await open(path, "r+");
    await handle.chmod(0o600);
    await handle.sync();
  }

  space(pool: string): Promise<Space> {
    return measureSpace(pool, this.#paths.root);
  }

  shareBlocks(from: string, to: string): Promise<boolean> {
    return shareBlocks(from, to);
  }

  nameOf(path: string): string {
    return sourceName({ kind: "file", path, format: "raw" });
  }

  async sourceOf(path: string, format: DiskFormat): Promise<DiskSource> {
    return { kind: "file", path, format };
  }

  /** Relative, so that the pool as a whole can be moved. */
  backingName(directory: string, path: string): string {
    return relative(directory, path);
  }

  backingPath(directory: string, name: string): string {
    return resolve(directory, name);
  }
}

function storedFile({ size, blocks, mtimeMs }: { size: number; blocks: number; mtimeMs: number }): StoredFile {
  return { sizeBytes: size, usedBytes: blocks * 512, modifiedMs: mtimeMs };
}
