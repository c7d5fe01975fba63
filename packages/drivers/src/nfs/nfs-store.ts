import { problem, Reason } from "@limiquantix/api";
import { NfsError, type NfsExport, type NfsFile } from "@limiquantix/nfs";
import { type DiskFormat, type DiskSource, sourceName } from "@limiquantix/node";
import { relative } from "node:path";
import type { FileStore, StoredEntry, StoredFile } from "../file-pool/file-store.ts";
import { parseQcow2Header, QCOW2_HEAD_BYTES } from "../file-pool/image/qcow2-header.ts";
import type { Space } from "../file-pool/pool-failure.ts";
import { FOLDERS } from "../file-pool/pool-paths.ts";
import { ifExists } from "../files/errno.ts";
import { OWNERS } from "./nfs-owners.ts";

/** More layers than any disk has. */
const MAX_DEPTH = 1000;

/** An export that we reach by a client of our own, and the emulator by its. Paths are the server's. */
export class NfsStore implements FileStore {
  readonly #pool: string;
  readonly #files: NfsExport;
  readonly #server: string;
  readonly #root: string;

  constructor(pool: string, files: NfsExport, { server, root }: { server: string; root: string }) {
    this.#pool = pool;
    this.#files = files;
    this.#server = server;
    this.#root = root;
  }

  async makeFolders(): Promise<void> {
    for (const folder of [...FOLDERS, OWNERS]) {
      await this.#files.makeDirectory(folder, folder === "partial" ? 0o700 : 0o711).catch((error: unknown) => {
        if (!(error instanceof NfsError) || error.code !== "EEXIST") throw error;
      });
    }
  }

  async entries(directory: string): Promise<StoredEntry[]> {
    return (await this.#files.list(this.#at(directory))).map(({ name, type }) => ({ name, type }));
  }

  async stat(path: string): Promise<StoredFile> {
    return storedFile(await this.#files.stat(this.#at(path)));
  }

  statEntry(path: string): Promise<StoredFile> {
    return this.stat(path);
  }

  read(path: string, offset: number, length: number): Promise<Buffer> {
    return this.#files.read(this.#at(path), offset, length);
  }

  async readAll(path: string): Promise<Buffer> {
    const { sizeBytes } = await this.stat(path);
    return this.read(path, 0, sizeBytes);
  }

  async write(path: string, content: Uint8Array | string, unfinished: string): Promise<void> {
    await this.remove(path + unfinished);
    await this.#files.create(this.#at(path + unfinished), typeof content === "string" ? Buffer.from(content) : content);
    await this.rename(path + unfinished, path);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#files.rename(this.#at(from), this.#at(to));
  }

  async remove(path: string): Promise<void> {
    await ifExists(this.#files.remove(this.#at(path)));
  }

  async makeDurable(path: string): Promise<void> {
    await this.#files.setMode(this.#at(path), 0o600);
    await this.#files.commit(this.#at(path));
  }

  /** POOL_UNAVAILABLE. */
  async space(): Promise<Space> {
    try {
      const { totalBytes, freeBytes, availableBytes } = await this.#files.space();
      return { totalBytes, usedBytes: totalBytes - freeBytes, availableBytes };
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause);
      throw problem(Reason.POOL_UNAVAILABLE, { pool: this.#pool, cause: words }, { cause });
    }
  }

  /** A second name for a file; false where something has that name already. */
  async link(from: string, to: string): Promise<boolean> {
    try {
      await this.#files.link(this.#at(from), this.#at(to));
      return true;
    } catch (error) {
      if (error instanceof NfsError && error.code === "EEXIST") return false;
      throw error;
    }
  }

  /** Has the server give room to what was never written of a file, which nobody else writes. */
  async fillHoles(path: string, signal: AbortSignal): Promise<void> {
    await this.#files.fillHoles(this.#at(path), signal);
  }

  async shareBlocks(): Promise<boolean> {
    return false;
  }

  nameOf(path: string): string {
    return sourceName({ kind: "nfs", server: this.#server, path, format: "raw" });
  }

  /** With all that is below it: nobody else can ask the server what that is. */
  async sourceOf(path: string, format: DiskFormat): Promise<DiskSource> {
    const below: { path: string; format: DiskFormat }[] = [];
    for (let at = path, known = format; known === "qcow2";) {
      const { backingFile } = parseQcow2Header(await this.read(at, 0, QCOW2_HEAD_BYTES));
      if (!backingFile) break;
      at = this.backingPath("", backingFile);
      known = at.endsWith(".qcow2") ? "qcow2" : "raw";
      below.push({ path: at, format: known });
      if (below.length > MAX_DEPTH) throw new Error(`${path} is below itself`);
    }
    return { kind: "nfs", server: this.#server, path, format, below };
  }

  /** Relative names are resolved one directory too high by QEMU's client, so they are whole ones. */
  backingName(_directory: string, path: string): string {
    return this.urlOf(path);
  }

  backingPath(_directory: string, name: string): string {
    // A hypervisor that merged layers writes names as it likes.
    if (name.startsWith("json:")) return pathOf(JSON.parse(name.slice("json:".length)));
    return decodeURI(new URL(name).pathname);
  }

  /** As QEMU's programs have it; whoever runs them, the server sees root. */
  urlOf(path: string): string {
    const host = this.#server.includes(":") ? `[${this.#server}]` : this.#server;
    return `nfs://${host}${encodeURI(path)}?uid=0&gid=0`;
  }

  #at(path: string): string {
    return relative(this.#root, path);
  }
}

interface BlockOptions {
  path?: string;
  file?: BlockOptions;
  "file.path"?: string;
}

function pathOf({ path, file, "file.path": flat }: BlockOptions): string {
  const found = path ?? flat ?? (file && pathOf(file));
  if (!found) throw new Error("a file names something that is no file of an export below it");
  return found;
}

function storedFile({ sizeBytes, usedBytes, modifiedMs }: NfsFile): StoredFile {
  return { sizeBytes, usedBytes, modifiedMs };
}
