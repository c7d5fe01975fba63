import type { Clock } from "@limiquantix/kit";
import { hostname } from "node:os";
import { type Attributes, FileType } from "./attributes.ts";
import { NfsError } from "./errors.ts";
import { type Handle, MOUNT, mountExport, NFS, NfsCalls, PIECE_BYTES, type Place } from "./nfs-calls.ts";
import { portOf } from "./port-of.ts";
import { RpcConnection } from "./rpc-connection.ts";

export interface NfsExportOptions {
  server: string;
  /** The server's absolute path. */
  path: string;
  /** Whose files they are, by number; root unless told. */
  uid?: number;
  gid?: number;
  clock: Clock;
  /** After which a server that does not answer is given up. */
  timeoutMs?: number;
}

export interface NfsFile {
  type: "file" | "directory" | "other";
  sizeBytes: number;
  /** What it takes up on the server. */
  usedBytes: number;
  modifiedMs: number;
}

export interface NfsEntry extends NfsFile {
  name: string;
}

export interface NfsSpace {
  totalBytes: number;
  freeBytes: number;
  availableBytes: number;
}

interface Line {
  connection: RpcConnection;
  calls: NfsCalls;
  root: Handle;
  /** Directories by path. */
  directories: Map<string, Handle>;
}

const TIMEOUT_MS = 15_000;

/**
 * An export of an NFSv3 server, without a kernel's mount. Paths are relative to it; "" is itself. What fails for want of an
 * answer has a system's code (ETIMEDOUT, ECONNREFUSED …), and the next call begins with a new connection.
 */
export class NfsExport implements Disposable {
  readonly #options: NfsExportOptions & { timeoutMs: number };
  #line: Line | undefined;
  #opening: Promise<Line> | undefined;

  private constructor(options: NfsExportOptions) {
    this.#options = { timeoutMs: TIMEOUT_MS, ...options };
  }

  static async open(options: NfsExportOptions): Promise<NfsExport> {
    const opened = new NfsExport(options);
    await opened.#connected();
    return opened;
  }

  [Symbol.dispose](): void {
    this.#line?.connection[Symbol.dispose]();
    this.#line = undefined;
  }

  async stat(path: string): Promise<NfsFile> {
    return this.#with(async (line) => fileOf(await line.calls.getAttributes(await handleOf(line, path))));
  }

  /** Without its own and its parent's name. */
  async list(path: string): Promise<NfsEntry[]> {
    return this.#with(async (line) => {
      const directory = await directoryOf(line, path);
      const entries: NfsEntry[] = [];
      for (const { name, handle, attributes } of await line.calls.list(directory)) {
        const found = attributes ?? (await ifThere(attributesOf(line, { directory, name }, handle)));
        if (found) entries.push({ name, ...fileOf(found) });
      }
      return entries;
    });
  }

  /** At most `length` bytes; fewer where the file ends. */
  async read(path: string, offset: number, length: number): Promise<Buffer> {
    return this.#with(async (line) => {
      const handle = await handleOf(line, path);
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < length;) {
        const { bytes, isEnd } = await line.calls.read(handle, offset + at, length - at);
        pieces.push(bytes);
        at += bytes.length;
        if (isEnd || bytes.length === 0) break;
      }
      return Buffer.concat(pieces);
    });
  }

  /** A new file, complete on the server's disk when it answers. EEXIST where there is one. */
  async create(path: string, content: Uint8Array, mode = 0o600): Promise<void> {
    await this.#with(async (line) => {
      const handle = await line.calls.create(await placeOf(line, path), mode);
      for (let at = 0; at < content.length;)
        at += await line.calls.write(handle, at, content.subarray(at, at + PIECE_BYTES));
    });
  }

  /** Writes zeros where it has nothing but zeros, so that the server gives them room. Nobody else writes it meanwhile. */
  async fillHoles(path: string, signal: AbortSignal): Promise<void> {
    await this.#with(async (line) => {
      const handle = await handleOf(line, path);
      const { sizeBytes } = await line.calls.getAttributes(handle);
      const zeros = Buffer.alloc(PIECE_BYTES);
      let next = 0;
      const fill = async () => {
        for (let at = next; at < sizeBytes; at = next) {
          signal.throwIfAborted();
          next = at + PIECE_BYTES;
          const { bytes } = await line.calls.read(handle, at, Math.min(PIECE_BYTES, sizeBytes - at));
          if (zeros.subarray(0, bytes.length).equals(bytes))
            await line.calls.write(handle, at, zeros.subarray(0, bytes.length), { stable: false });
        }
      };
      await Promise.all(Array.from({ length: 8 }, fill));
      await line.calls.commit(handle);
    });
  }

  async setMode(path: string, mode: number): Promise<void> {
    await this.#with(async (line) => line.calls.setMode(await handleOf(line, path), mode));
  }

  /** What anybody wrote to the file is on the server's disk. */
  async commit(path: string): Promise<void> {
    await this.#with(async (line) => line.calls.commit(await handleOf(line, path)));
  }

  async remove(path: string): Promise<void> {
    await this.#with(async (line) => line.calls.remove(await placeOf(line, path)));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#with(async (line) => line.calls.rename(await placeOf(line, from), await placeOf(line, to)));
  }

  /** Gives a file a second name; EEXIST where something has that name: of several at once one succeeds. */
  async link(from: string, to: string): Promise<void> {
    await this.#with(async (line) => line.calls.link(await handleOf(line, from), await placeOf(line, to)));
  }

  async makeDirectory(path: string, mode: number): Promise<void> {
    await this.#with(async (line) => void (await line.calls.makeDirectory(await placeOf(line, path), mode)));
  }

  async space(): Promise<NfsSpace> {
    return this.#with((line) => line.calls.space(line.root));
  }

  /** Handles outlive neither what they are of nor, on some servers, a restart: what is stale is looked up anew, once. */
  async #with<T>(work: (line: Line) => Promise<T>): Promise<T> {
    const line = await this.#connected();
    try {
      return await work(line);
    } catch (error) {
      if (!(error instanceof NfsError) || error.code !== "ESTALE") throw error;
      line.connection[Symbol.dispose]();
      return work(await this.#connected());
    }
  }

  #connected(): Promise<Line> {
    if (this.#line?.connection.isOpen) return Promise.resolve(this.#line);
    this.#opening ??= this.#connect().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #connect(): Promise<Line> {
    const { server: host, path, uid = 0, gid = 0, clock, timeoutMs } = this.#options;
    const common = { host, clock, timeoutMs, identity: { uid, gid, machine: hostname() } };
    const root = await (async () => {
      using connection = await RpcConnection.open({ ...common, port: await portOf(common, MOUNT) });
      return await mountExport(connection, path);
    })();
    const connection = await RpcConnection.open({ ...common, port: await portOf(common, NFS) });
    this.#line = { connection, calls: new NfsCalls(connection, { clock, timeoutMs }), root, directories: new Map() };
    return this.#line;
  }
}

/** A file is looked up every time: another host may have put another one in its place. */
async function handleOf(line: Line, path: string): Promise<Handle> {
  if (path === "") return line.root;
  return (await line.calls.lookup(await placeOf(line, path))).handle;
}

async function placeOf(line: Line, path: string): Promise<Place> {
  const at = path.lastIndexOf("/");
  return { directory: await directoryOf(line, path.slice(0, Math.max(at, 0))), name: path.slice(at + 1) };
}

/** Directories are remembered: none of ours is ever replaced. */
async function directoryOf(line: Line, path: string): Promise<Handle> {
  if (path === "") return line.root;
  const known = line.directories.get(path);
  if (known) return known;
  const handle = await handleOf(line, path);
  line.directories.set(path, handle);
  return handle;
}

async function attributesOf(line: Line, place: Place, handle: Handle | undefined): Promise<Attributes> {
  return line.calls.getAttributes(handle ?? (await line.calls.lookup(place)).handle);
}

function fileOf({ type, sizeBytes, usedBytes, modifiedMs }: Attributes): NfsFile {
  const kind = type === FileType.FILE ? "file" : type === FileType.DIRECTORY ? "directory" : "other";
  return { type: kind, sizeBytes, usedBytes, modifiedMs };
}

async function ifThere<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof NfsError && (error.code === "ENOENT" || error.code === "ESTALE")) return undefined;
    throw error;
  }
}
