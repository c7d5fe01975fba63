import { type Clock, sleep } from "@limiquantix/kit";
import { type CephCommands, CephError, Errno, isErrno } from "./ceph-commands.ts";

export interface ImageInfo {
  name: string;
  size: number;
  parent?: { image: string; snapshot: string } | undefined;
  features: string[];
  /** As ctime(3) has it. */
  create_timestamp: string;
}

/** One line of `rbd ls -l`: an image, or a snapshot of it. */
export interface ListedImage {
  image: string;
  size: number;
  parent?: { image: string } | undefined;
  snapshot?: string;
  snapshot_id?: number;
}

/** One line of `rbd du`: an image, or what was written to it before a snapshot and after the one before that. */
export interface UsedLine {
  name: string;
  snapshot?: string;
  snapshot_id?: number;
  used_size: number;
}

/** Of the pool's RBD images: those that have it open for writing. */
export interface Watcher {
  /** IP:port/nonce */
  address: string;
}

export interface RbdPlace {
  pool: string;
  namespace: string;
}

/** A client that died is known as a watcher for 30 s (osd_client_watch_timeout). */
const DEAD_CLIENT_MS = 38_000;
const LOOK_AGAIN_MS = 1000;
/** What it was writing is gone by then. */
const DISCARDED_SECONDS = 300;

/** The RBD images of one pool and namespace, by name. */
export class RbdImages {
  readonly commands: CephCommands;
  readonly place: RbdPlace;
  readonly #clock: Clock;

  constructor(commands: CephCommands, place: RbdPlace, clock: Clock) {
    this.commands = commands;
    this.place = place;
    this.#clock = clock;
  }

  /** pool/image or pool/namespace/image. */
  path(name: string): string {
    const { pool, namespace } = this.place;
    return namespace ? `${pool}/${namespace}/${name}` : `${pool}/${name}`;
  }

  /** `shared`: without the lock that lets one client write at a time, and all that builds on it. */
  async create(
    name: string,
    sizeBytes: number,
    options: { thick: boolean; shared?: boolean | undefined; signal?: AbortSignal },
  ): Promise<void> {
    const thick = options.thick ? ["--thick-provision", "--no-progress"] : [];
    const features = options.shared ? ["--image-feature", "layering"] : [];
    const { signal } = options;
    await this.#rbd(["create", "--size", `${sizeBytes}B`, ...features, ...thick, this.path(name)], {
      long: options.thick,
      signal,
    });
  }

  async clone(snapshot: string, name: string): Promise<void> {
    await this.#rbd(["clone", this.path(snapshot), this.path(name)]);
  }

  /** An image without features, of these bytes. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const args = ["import", "--no-progress", "--image-feature", "layering", "-", this.path(name)];
    await this.#rbd(args, { input: bytes });
  }

  /** All of a small one. */
  async read(name: string): Promise<Buffer | undefined> {
    const bytes = await unlessMissing(
      this.#rbd(["export", "--no-progress", this.path(name), "-"], { encoding: "latin1" }),
    );
    return bytes === undefined ? undefined : Buffer.from(bytes, "latin1");
  }

  async rename(name: string, to: string): Promise<void> {
    await this.#rbd(["rename", this.path(name), this.path(to)]);
  }

  async grow(name: string, sizeBytes: number): Promise<void> {
    await this.#rbd(["resize", "--no-progress", "--size", `${sizeBytes}B`, this.path(name)]);
  }

  /** Of an image or, with `@`, a snapshot, whose size it then says. */
  async info(name: string): Promise<ImageInfo | undefined> {
    return unlessMissing(this.commands.rbdJson<ImageInfo>(["info", this.path(name)]));
  }

  async list(): Promise<ListedImage[]> {
    // An image that is deleted while it is listed ends the listing.
    const list = () => this.commands.rbdJson<ListedImage[]>(["ls", "-l", ...this.#everywhere()]);
    return list().catch((error: unknown) => {
      if (isErrno(error, Errno.ENOENT)) return list();
      throw error;
    });
  }

  /** Of one image, or all. */
  async used(name?: string): Promise<UsedLine[]> {
    const which = name === undefined ? this.#everywhere() : [this.path(name)];
    return (await unlessMissing(this.commands.rbdJson<{ images: UsedLine[] }>(["du", ...which])))?.images ?? [];
  }

  async watchers(name: string): Promise<Watcher[] | undefined> {
    return (await unlessMissing(this.commands.rbdJson<{ watchers: Watcher[] }>(["status", this.path(name)])))?.watchers;
  }

  /** Names of the images that are clones of an image or, with `@`, a snapshot. */
  async children(name: string): Promise<string[]> {
    const all = name.includes("@") ? [] : ["--all"];
    const found = await unlessMissing(
      this.commands.rbdJson<{ image: string }[]>(["children", ...all, this.path(name)]),
    );
    return (found ?? []).map(({ image }) => image);
  }

  async snapshots(name: string): Promise<{ snapshot: string; snapshot_id: number }[]> {
    type Line = { id: number; name: string };
    const found = await unlessMissing(this.commands.rbdJson<Line[]>(["snap", "ls", this.path(name)]));
    return (found ?? []).map((line) => ({ snapshot: line.name, snapshot_id: line.id }));
  }

  async createSnapshot(name: string): Promise<void> {
    await this.#rbd(["snap", "create", "--no-progress", this.path(name)]);
  }

  async removeSnapshot(name: string): Promise<void> {
    await unlessMissing(this.#rbd(["snap", "rm", "--no-progress", this.path(name)], { long: true }));
  }

  async removeAllSnapshots(name: string): Promise<void> {
    await unlessMissing(this.#rbd(["snap", "purge", "--no-progress", this.path(name)], { long: true }));
  }

  async rollBack(name: string): Promise<void> {
    await this.#rbd(["snap", "rollback", "--no-progress", this.path(name)], { long: true });
  }

  /** Waits for a client that died to be forgotten; EBUSY while one stays, ENOTEMPTY while there are snapshots. */
  async remove(name: string): Promise<void> {
    const remove = () => unlessMissing(this.#rbd(["rm", "--no-progress", this.path(name)], { long: true }));
    try {
      await remove();
    } catch (error) {
      if (!isErrno(error, Errno.EBUSY)) throw error;
      if (await this.unwatched(name)) await remove();
      else throw error;
    }
  }

  /** Whether nobody has it open, or soon nobody has: a client that died is still counted for a while. */
  async unwatched(name: string): Promise<boolean> {
    const endsAt = this.#clock.now() + DEAD_CLIENT_MS;
    for (;;) {
      if (((await this.watchers(name)) ?? []).length === 0) return true;
      if (this.#clock.now() > endsAt) return false;
      await sleep(this.#clock, LOOK_AGAIN_MS, { background: true });
    }
  }

  /** One that is not complete, whose writers are dead or about to be: they are kept from the cluster first. */
  async discard(name: string): Promise<void> {
    await this.removeAllSnapshots(name);
    for (const { address } of (await this.watchers(name)) ?? [])
      await this.commands.blocklist(address, DISCARDED_SECONDS);
    await this.remove(name);
  }

  #everywhere(): string[] {
    const { pool, namespace } = this.place;
    return ["--pool", pool, ...(namespace ? ["--namespace", namespace] : [])];
  }

  #rbd(args: readonly string[], options?: Parameters<CephCommands["rbd"]>[1]): Promise<string> {
    return this.commands.rbd(args, options);
  }
}

export const spec = (name: string, snapshot: string | undefined) =>
  snapshot === undefined ? name : `${name}@${snapshot}`;

async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof CephError && error.errno === Errno.ENOENT) return undefined;
    throw error;
  }
}
