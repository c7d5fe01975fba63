import { type Clock, sleep } from "@limiquantix/kit";
import type { XdrReader, XdrWriter } from "@limiquantix/libvirt/xdr";
import { type Attributes, readAttributes, readMaybeAttributes, skipChange, writeMode } from "./attributes.ts";
import { NFS_JUKEBOX, NfsError } from "./errors.ts";
import type { RpcConnection } from "./rpc-connection.ts";
import type { Procedure } from "./rpc-message.ts";

export type Handle = Uint8Array;

/** A file by the directory it is in. */
export interface Place {
  directory: Handle;
  name: string;
}

export interface DirectoryEntry {
  name: string;
  handle: Handle | undefined;
  attributes: Attributes | undefined;
}

export const NFS = { name: "NFS", program: 100_003, version: 3 };
export const MOUNT = { name: "MOUNT", program: 100_005, version: 3 };
const HANDLE_BYTES = 64;
const NAME_BYTES = 255;
/** What every server of today takes and gives at once. */
export const PIECE_BYTES = 64 * 1024;
const LIST_BYTES = 32 * 1024;
const UNSTABLE = 0;
const FILE_SYNC = 2;
const GUARDED = 1;
const BUSY_MS = 500;

/** The handle of an export (RFC 1813, appendix I). */
export async function mountExport(connection: RpcConnection, path: string): Promise<Handle> {
  const r = await connection.call({ ...MOUNT, procedure: 1 }, (w) => w.string(path, 1024));
  const status = r.uint();
  if (status !== 0) throw new NfsError(`mount ${path}`, status);
  return r.opaque(HANDLE_BYTES);
}

/** The procedures of NFSv3 that we use (RFC 1813, 3.3). */
export class NfsCalls {
  readonly #connection: RpcConnection;
  readonly #clock: Clock;
  readonly #giveUpMs: number;

  constructor(connection: RpcConnection, { clock, timeoutMs }: { clock: Clock; timeoutMs: number }) {
    this.#connection = connection;
    this.#clock = clock;
    this.#giveUpMs = timeoutMs;
  }

  async getAttributes(handle: Handle): Promise<Attributes> {
    return readAttributes(await this.#call("look at a file", 1, (w) => w.opaque(handle, HANDLE_BYTES)));
  }

  async setMode(handle: Handle, mode: number): Promise<void> {
    await this.#call("set a file's mode", 2, (w) => {
      w.opaque(handle, HANDLE_BYTES);
      writeMode(w, mode);
      // No guard.
      w.uint(0);
    });
  }

  async lookup(place: Place): Promise<{ handle: Handle; attributes: Attributes | undefined }> {
    const r = await this.#call(place.name, 3, (w) => writePlace(w, place));
    return { handle: r.opaque(HANDLE_BYTES), attributes: readMaybeAttributes(r) };
  }

  async read(handle: Handle, offset: number, count: number): Promise<{ bytes: Uint8Array; isEnd: boolean }> {
    const r = await this.#call("read", 6, (w) => {
      w.opaque(handle, HANDLE_BYTES);
      w.uhyper(offset);
      w.uint(Math.min(count, PIECE_BYTES));
    });
    readMaybeAttributes(r);
    r.uint();
    const isEnd = r.uint() !== 0;
    return { bytes: r.opaque(PIECE_BYTES), isEnd };
  }

  /** How much of it the server took; `stable`: that is on its disk. */
  async write(handle: Handle, offset: number, bytes: Uint8Array, { stable = true } = {}): Promise<number> {
    const r = await this.#call("write", 7, (w) => {
      w.opaque(handle, HANDLE_BYTES);
      w.uhyper(offset);
      w.uint(bytes.length);
      w.uint(stable ? FILE_SYNC : UNSTABLE);
      w.opaque(bytes, PIECE_BYTES);
    });
    skipChange(r);
    return r.uint();
  }

  /** EEXIST where there is one. */
  async create(place: Place, mode: number): Promise<Handle> {
    return this.#made(
      place,
      await this.#call(`create ${place.name}`, 8, (w) => {
        writePlace(w, place);
        w.uint(GUARDED);
        writeMode(w, mode);
      }),
    );
  }

  async makeDirectory(place: Place, mode: number): Promise<Handle> {
    return this.#made(
      place,
      await this.#call(`make ${place.name}`, 9, (w) => {
        writePlace(w, place);
        writeMode(w, mode);
      }),
    );
  }

  async remove(place: Place): Promise<void> {
    await this.#call(`remove ${place.name}`, 12, (w) => writePlace(w, place));
  }

  /** Takes the place of what has the name. */
  async rename(from: Place, to: Place): Promise<void> {
    await this.#call(`rename ${from.name}`, 14, (w) => {
      writePlace(w, from);
      writePlace(w, to);
    });
  }

  /** A second name; EEXIST where something has it. */
  async link(handle: Handle, to: Place): Promise<void> {
    await this.#call(`link ${to.name}`, 15, (w) => {
      w.opaque(handle, HANDLE_BYTES);
      writePlace(w, to);
    });
  }

  async list(directory: Handle): Promise<DirectoryEntry[]> {
    const entries: DirectoryEntry[] = [];
    let [cookie, verifier]: [number | bigint, Uint8Array] = [0, new Uint8Array(8)];
    for (;;) {
      const r = await this.#call("list", 17, (w) => {
        w.opaque(directory, HANDLE_BYTES);
        w.uhyper(cookie);
        w.raw(verifier);
        w.uint(LIST_BYTES);
        w.uint(PIECE_BYTES);
      });
      readMaybeAttributes(r);
      verifier = r.raw(8);
      while (r.uint()) {
        r.uhyper();
        const name = r.string(NAME_BYTES);
        cookie = r.uhyper();
        const attributes = readMaybeAttributes(r);
        const handle = r.uint() ? r.opaque(HANDLE_BYTES) : undefined;
        if (name !== "." && name !== "..") entries.push({ name, handle, attributes });
      }
      if (r.uint()) return entries;
    }
  }

  async space(handle: Handle): Promise<{ totalBytes: number; freeBytes: number; availableBytes: number }> {
    const r = await this.#call("measure", 18, (w) => w.opaque(handle, HANDLE_BYTES));
    readMaybeAttributes(r);
    const [totalBytes, freeBytes, availableBytes] = [Number(r.uhyper()), Number(r.uhyper()), Number(r.uhyper())];
    return { totalBytes, freeBytes, availableBytes };
  }

  /** All that was written to the file, by whomever, is on the server's disk. */
  async commit(handle: Handle): Promise<void> {
    await this.#call("commit", 21, (w) => {
      w.opaque(handle, HANDLE_BYTES);
      w.uhyper(0);
      w.uint(0);
    });
  }

  async #made(place: Place, r: XdrReader): Promise<Handle> {
    return r.uint() ? r.opaque(HANDLE_BYTES) : (await this.lookup(place)).handle;
  }

  /** A server that is busy with it (a tape, its grace period) is asked again for as long as an answer may take. */
  async #call(what: string, number: number, encode: (w: XdrWriter) => void): Promise<XdrReader> {
    const procedure: Procedure = { program: NFS.program, version: NFS.version, procedure: number };
    const end = this.#clock.now() + this.#giveUpMs;
    for (;;) {
      const r = await this.#connection.call(procedure, encode);
      const status = r.uint();
      if (status === 0) return r;
      if (status !== NFS_JUKEBOX || this.#clock.now() >= end) throw new NfsError(what, status);
      await sleep(this.#clock, BUSY_MS);
    }
  }
}

function writePlace(w: XdrWriter, { directory, name }: Place): void {
  w.opaque(directory, HANDLE_BYTES);
  w.string(name, NAME_BYTES);
}
