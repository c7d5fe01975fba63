import { type Clock, sleep } from "@limiquantix/kit";
import { dirname } from "node:path";
import type { Following } from "../file-pool/follow-program.ts";
import { layerOfFile } from "../file-pool/pool-paths.ts";
import { type Backing, type ConvertOptions, type CreateOptions, QemuImg } from "../file-pool/qemu-img.ts";
import type { QemuSource } from "../file-pool/qemu-source.ts";
import type { NfsStore } from "./nfs-store.ts";

/** For what takes no longer than some round trips: QEMU's client waits for a dead server for ever. */
const QUICK_MS = 60_000;
const LOOK_MS = 10_000;

/** What guests that run on this host have open, by `sourceName`. */
export type OpenSources = () => Promise<ReadonlySet<string>>;

/**
 * qemu-img on an export, by QEMU's own client. That knows neither locks nor preallocation: who has a file open is asked of
 * this host's hypervisor, and what is to have its room is filled.
 */
export class NfsQemuImg extends QemuImg {
  readonly #store: NfsStore;
  readonly #open: OpenSources;
  readonly #clock: Clock;

  constructor(parts: { store: NfsStore; open: OpenSources; clock: Clock }) {
    super("qemu-img", { preallocation: "metadata", quickMs: QUICK_MS });
    this.#store = parts.store;
    this.#open = parts.open;
    this.#clock = parts.clock;
  }

  override async create(path: string, options: CreateOptions): Promise<void> {
    await super.create(this.#store.urlOf(path), options);
    if (options.thick) await this.#store.fillHoles(path, new AbortController().signal);
  }

  override async grow(path: string, sizeBytes: number, options: { thick: boolean }): Promise<void> {
    await this.#assertNoGuest(path);
    await super.grow(this.#store.urlOf(path), sizeBytes, options);
    if (options.thick) await this.#store.fillHoles(path, new AbortController().signal);
  }

  override async assertUnlocked(path: string): Promise<void> {
    if ((await this.#open()).has(this.#store.nameOf(path))) throw locked(path);
  }

  override async convert(from: QemuSource, to: string, options: ConvertOptions): Promise<void> {
    await this.#watched(options, (signal) => super.convert(from, this.#store.urlOf(to), { ...options, signal }));
    if (options.thick) await this.#store.fillHoles(to, options.signal);
  }

  override async rebase(path: string, backing: Backing, options: Following): Promise<void> {
    await this.#watched(options, (signal) => super.rebase(this.#store.urlOf(path), backing, { ...options, signal }));
  }

  override async commit(path: string, options: Following): Promise<void> {
    await this.#assertNoGuest(path);
    const top = writableBelow(this.#store.urlOf(path));
    await this.#watched(options, (signal) => super.commitOf(top, { ...options, signal }));
  }

  /** Also of the volume's other layers, which it may read. */
  async #assertNoGuest(path: string): Promise<void> {
    const volumeId = layerOfFile(nameIn(path))?.volumeId;
    const volumes = this.#store.nameOf(`${dirname(path)}/`);
    for (const name of await this.#open())
      if (name.startsWith(volumes) && layerOfFile(nameIn(name))?.volumeId === volumeId) throw locked(path);
  }

  /** A long job ends when the server has ceased to answer us. */
  async #watched(options: Following, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const [done, dead] = [new AbortController(), new AbortController()];
    const look = async () => {
      for (;;) {
        await sleep(this.#clock, LOOK_MS, { signal: done.signal, background: true });
        await this.#store.space();
      }
    };
    look().catch((error: unknown) => dead.abort(error));
    try {
      await work(AbortSignal.any([options.signal, dead.signal]));
    } finally {
      done.abort(new Error("it is over"));
    }
  }
}

/**
 * QEMU's client cannot make writable what it has opened for reading: what is right below, which the header names, is opened
 * for writing at once.
 */
export function writableBelow(url: string): QemuSource {
  const { hostname, pathname } = new URL(url);
  const server = { type: "inet", host: hostname.replace(/^\[|\]$/g, "") };
  const file = { driver: "nfs", server, path: decodeURI(pathname), user: 0, group: 0 };
  const disk = { driver: "qcow2", file, backing: { driver: "qcow2", "read-only": false } };
  return { name: `json:${JSON.stringify(disk)}`, format: [], objects: [] };
}

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** In QEMU's own words, where it has locks. */
function locked(path: string): Error {
  return new Error(`Failed to get "write" lock: a guest on this host has ${path} open`);
}
