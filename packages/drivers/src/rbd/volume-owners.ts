import { problem, Reason } from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import { networkInterfaces } from "node:os";
import { Errno, isErrno } from "./ceph-commands.ts";
import { ownerObject, volumeName } from "./names.ts";
import type { RbdImages } from "./rbd-images.ts";

/** So long after a host took a volume its emulator may still be on its way to it. */
const START_MS = 60_000;
const LOCK = "owner";
/** Attributes of the object beside the volume, a host's each: the addresses of its clients that have it open, a line each. */
const CLIENTS = "clients.";

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
 * volume open is put on the cluster's blocklist, so that nothing that it has yet to write ever arrives. Who that is was
 * noted by the host while its guest stood still, for RBD's own lock names only one that has written.
 *
 *     owner:    takes the lock · opens · notes its clients · sees that the lock is still its own · writes
 *     successor:                 blocklists the noted · breaks the lock · blocklists those noted since · takes the lock
 *
 * Whichever way these fall together, a client that writes was noted before the lock was broken, and is blocklisted.
 */
export class VolumeOwners {
  readonly #images: RbdImages;
  readonly #host: string;
  readonly #clock: Clock;
  readonly #log: Log;

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
        if (taken) await this.forget(volumeId);
        throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
      }
      const addresses = watchers.map(({ address }) => address);
      if (taken) {
        if (addresses.length === 0) return;
        if (addresses.every(isOurs)) continue;
        await this.letGo(volumeId);
        throw lockedElsewhere(volumeId);
      }
      const [holder, noted] = await Promise.all([this.#holder(volumeId), this.#notedBy(volumeId)]);
      if (holder?.cookie === this.#host) return this.#note(volumeId, addresses, noted);
      if (!holder) continue;
      const sinceMs = this.#clock.now() - Date.parse(holder.description);
      if (addresses.length > 0 || sinceMs < START_MS) throw lockedElsewhere(volumeId);
      await this.#takeOver(volumeId, holder);
    }
  }

  /** Only what is ours: another host may have taken it over. */
  async letGo(volumeId: string): Promise<void> {
    const holder = await this.#holder(volumeId);
    if (holder?.cookie !== this.#host) return;
    await this.#forgetNoted(volumeId, this.#host);
    await this.#break(volumeId, holder);
  }

  /** Nobody has the volume any more, which is gone. */
  async forget(volumeId: string): Promise<void> {
    await unlessGone(this.#rados(["rm", ownerObject(volumeId)]));
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
    const said = await unlessGone(this.#rados(["lock", "info", ownerObject(volumeId), LOCK]));
    return said === undefined ? undefined : (JSON.parse(said) as { lockers: Holder[] }).lockers[0];
  }

  async #isOurs(volumeId: string): Promise<boolean> {
    return (await this.#holder(volumeId))?.cookie === this.#host;
  }

  async #break(volumeId: string, { name, cookie }: Holder): Promise<void> {
    await unlessGone(this.#rados(["lock", "break", ownerObject(volumeId), LOCK, name, "--lock-cookie", cookie]));
  }

  async #takeOver(volumeId: string, holder: Holder): Promise<void> {
    const { cookie } = holder;
    this.#log.warn("taking over a volume from a host that has it open no more", { volume: volumeId, from: cookie });
    await this.#blocklist(await this.#noted(volumeId, cookie));
    await this.#breakRbdLocks(volumeId);
    await this.#break(volumeId, holder);
    await this.#fence(volumeId, cookie);
  }

  /** Of those who had written, noted or not. */
  async #breakRbdLocks(volumeId: string): Promise<void> {
    const name = volumeName(volumeId);
    const { commands } = this.#images;
    const image = this.#images.path(name);
    type Lock = { id: string; locker: string; address: string };
    for (const { id, locker, address } of await commands.rbdJson<Lock[]>(["lock", "ls", image])) {
      // Whoever was faster than we are may run by now.
      if (((await this.#images.watchers(name)) ?? []).length > 0) throw lockedElsewhere(volumeId);
      await commands.rbd(["lock", "rm", image, id, locker]);
      // rbd has done so for an hour only; it cannot be told how long (rbd_blocklist_expire_seconds fails with EINVAL in 16.2).
      await commands.blocklist(address);
    }
  }

  /** The lock is ours. What a host that had it before us noted, and who took over from it did not live to blocklist, comes first. */
  async #note(volumeId: string, addresses: readonly string[], noted: readonly string[]): Promise<void> {
    const others = noted.filter((host) => host !== this.#host);
    if (others.length > 0 && !(await this.#isOurs(volumeId))) throw lockedElsewhere(volumeId);
    for (const host of others) await this.#fence(volumeId, host);
    const known = noted.includes(this.#host) ? await this.#noted(volumeId, this.#host) : [];
    // One that is cut off for a while is open no more, and not forgotten for that.
    const clients = new Set([...known, ...addresses]);
    if (clients.size === known.length) return;
    await this.#rados(["setxattr", ownerObject(volumeId), CLIENTS + this.#host, [...clients].join("\n")]);
    if (!(await this.#isOurs(volumeId))) throw lockedElsewhere(volumeId);
  }

  /** Its clients never write again. */
  async #fence(volumeId: string, host: string): Promise<void> {
    await this.#blocklist(await this.#noted(volumeId, host));
    await this.#forgetNoted(volumeId, host);
  }

  async #blocklist(addresses: readonly string[]): Promise<void> {
    for (const address of addresses) await this.#images.commands.blocklist(address);
  }

  /** Hosts that noted clients. */
  async #notedBy(volumeId: string): Promise<string[]> {
    const names = (await unlessGone(this.#rados(["listxattr", ownerObject(volumeId)])))?.split("\n") ?? [];
    return names.flatMap((name) => (name.startsWith(CLIENTS) ? name.slice(CLIENTS.length).trim() : []));
  }

  async #noted(volumeId: string, host: string): Promise<string[]> {
    const clients = await unlessGone(this.#rados(["getxattr", ownerObject(volumeId), CLIENTS + host]));
    return clients?.split("\n").filter(Boolean) ?? [];
  }

  async #forgetNoted(volumeId: string, host: string): Promise<void> {
    await unlessGone(this.#rados(["rmxattr", ownerObject(volumeId), CLIENTS + host]));
  }

  #rados(args: readonly string[]): Promise<string> {
    const { pool, namespace } = this.#images.place;
    return this.#images.commands.rados(["--pool", pool, ...(namespace ? ["--namespace", namespace] : []), ...args]);
  }
}

async function unlessGone(call: Promise<string>): Promise<string | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isErrno(error, Errno.ENOENT, Errno.ENODATA)) return undefined;
    throw error;
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
