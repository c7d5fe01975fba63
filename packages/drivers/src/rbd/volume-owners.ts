import { problem, Reason } from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import { networkInterfaces } from "node:os";
import { Errno, isErrno } from "./ceph-commands.ts";
import { ownerObject, volumeName } from "./names.ts";
import type { RbdImages } from "./rbd-images.ts";

/** So long after a host took a volume its emulator may still be on its way to it. */
const START_MS = 60_000;
const LOCK = "owner";
/** An attribute of the object beside the volume: the addresses of the clients that have it open, a line each. */
const CLIENTS = "clients";

interface Holder {
  /** Whose: the host's id. */
  cookie: string;
  /** The client that took it, long gone. */
  name: string;
  /** When, ISO 8601. */
  description: string;
}

/**
 * Which host has which volume. RBD's own exclusive lock keeps two clients from writing at the same time, but hands itself
 * over from one living client to the next whenever that one wants to write: it is no protection from two guests. So a host
 * takes a lock of its own (cls_lock) on an object beside the volume before a guest starts, and lets go of it afterwards.
 *
 * The lock of another host is respected while the volume is open anywhere, and for a minute after it was taken. Else its
 * guest is dead, or cut off for so long that the cluster has forgotten it: the lock is taken over, and whoever had the
 * volume open is put on the cluster's blocklist first, so that nothing that it has yet to write ever arrives. Who that is
 * was noted by the host when its guest ran, for RBD's own lock names only one that has written.
 */
export class VolumeOwners {
  readonly #images: RbdImages;
  readonly #host: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #held = new Set<string>();

  constructor(options: { images: RbdImages; host: string; clock: Clock; log: Log }) {
    this.#images = options.images;
    this.#host = options.host;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** NOT_FOUND; VM_LOCKED_ELSEWHERE. */
  async take(volumeId: string): Promise<void> {
    for (;;) {
      const [watchers, taken] = await Promise.all([this.#images.watchers(volumeName(volumeId)), this.#lock(volumeId)]);
      if (!watchers) {
        if (taken) await this.#remove(volumeId);
        throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
      }
      if (taken) {
        if (watchers.every(({ address }) => isOurs(address))) break;
        await this.#remove(volumeId);
        throw lockedElsewhere(volumeId);
      }
      const holder = await this.#holder(volumeId);
      if (holder?.cookie === this.#host) {
        await this.#note(volumeId, watchers);
        break;
      }
      if (!holder) continue;
      const sinceMs = this.#clock.now() - Date.parse(holder.description);
      if (watchers.length > 0 || sinceMs < START_MS) throw lockedElsewhere(volumeId);
      await this.#breakLocks(volumeId, holder);
    }
    this.#held.add(volumeId);
  }

  async letGo(volumeId: string): Promise<void> {
    if (this.#held.has(volumeId) || (await this.#holder(volumeId))?.cookie === this.#host) await this.#remove(volumeId);
  }

  /** Nobody has the volume any more, which is gone. */
  async forget(volumeId: string): Promise<void> {
    await this.#remove(volumeId);
  }

  async #lock(volumeId: string): Promise<boolean> {
    const at = new Date(this.#clock.now()).toISOString();
    const whose = ["--lock-type", "exclusive", "--lock-cookie", this.#host, "--lock-description", at];
    try {
      await this.#rados(["lock", "get", ownerObject(volumeId), LOCK, ...whose]);
      return true;
    } catch (error) {
      if (isErrno(error, Errno.EBUSY, Errno.EEXIST)) return false;
      throw error;
    }
  }

  async #holder(volumeId: string): Promise<Holder | undefined> {
    try {
      const said = await this.#rados(["lock", "info", ownerObject(volumeId), LOCK]);
      return (JSON.parse(said) as { lockers: Holder[] }).lockers[0];
    } catch (error) {
      if (isErrno(error, Errno.ENOENT)) return undefined;
      throw error;
    }
  }

  async #breakLocks(volumeId: string, { name, cookie }: Holder): Promise<void> {
    this.#log.warn("taking over a volume from a host that has it open no more", { volume: volumeId, from: cookie });
    const image = this.#images.path(volumeName(volumeId));
    const { commands } = this.#images;
    for (const address of await this.#noted(volumeId)) await commands.ceph(["osd", "blocklist", "add", address]);
    for (const { id, locker } of await commands.rbdJson<{ id: string; locker: string }[]>(["lock", "ls", image]))
      await commands.rbd(["lock", "rm", image, id, locker]);
    try {
      await this.#rados(["lock", "break", ownerObject(volumeId), LOCK, name, "--lock-cookie", cookie]);
    } catch (error) {
      if (!isErrno(error, Errno.ENOENT)) throw error;
    }
  }

  async #note(volumeId: string, watchers: readonly { address: string }[]): Promise<void> {
    const clients = watchers.map(({ address }) => address).join("\n");
    if (clients) await this.#rados(["setxattr", ownerObject(volumeId), CLIENTS, clients]);
  }

  async #noted(volumeId: string): Promise<string[]> {
    try {
      return (await this.#rados(["getxattr", ownerObject(volumeId), CLIENTS])).split("\n").filter(Boolean);
    } catch (error) {
      if (isErrno(error, Errno.ENOENT, Errno.ENODATA)) return [];
      throw error;
    }
  }

  async #remove(volumeId: string): Promise<void> {
    this.#held.delete(volumeId);
    try {
      await this.#rados(["rm", ownerObject(volumeId)]);
    } catch (error) {
      if (!isErrno(error, Errno.ENOENT)) throw error;
    }
  }

  #rados(args: readonly string[]): Promise<string> {
    const { pool, namespace } = this.#images.place;
    return this.#images.commands.rados(["--pool", pool, ...(namespace ? ["--namespace", namespace] : []), ...args]);
  }
}

/** A watcher's IP:port/nonce with an address of this host. */
function isOurs(address: string): boolean {
  const ip = address.replace(/:\d+\/\d+$/, "").replace(/^\[|\]$/g, "");
  return Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === ip));
}

function lockedElsewhere(volumeId: string) {
  return problem(Reason.VM_LOCKED_ELSEWHERE, { vm: `of volume ${volumeId}` });
}
