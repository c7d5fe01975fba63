import { newId, type Clock, silentLog, systemClock } from "@limiquantix/kit";
import type { VolumeBackend } from "@limiquantix/node";
import { FilePool } from "../../file-pool/file-pool.ts";
import { RbdPool } from "../../rbd/rbd-pool.ts";
import type { CephLab } from "../ceph.ts";

/** A storage that two hosts reach. */
export interface LabStorage {
  name: string;
  /** For what is on its way. */
  directory: string;
  keyFile: string;
  /** Whether it gives up on a writer that it does not hear of. */
  forgets: boolean;
  /** As a host's daemon does it when it is started. */
  open(host: string, clock: Clock): Promise<VolumeBackend>;
}

export async function cephStorage(ceph: CephLab): Promise<LabStorage> {
  const options = ceph.options(await ceph.namespace());
  const { directory, keyFile } = ceph;
  const open = (host: string, clock: Clock) => RbdPool.open({ ...options, pool: newId(), host, clock });
  return { name: "Ceph RBD", directory, keyFile, forgets: true, open };
}

/** As on a file server that both have mounted. */
export function directoryStorage(directory: string): LabStorage {
  const pool = newId();
  const open = (host: string, clock: Clock) =>
    FilePool.open({ pool, root: directory, sharedAs: host, clock, log: silentLog });
  return { name: "a shared directory", directory, keyFile: "", forgets: false, open };
}

/** A host: what its daemon has in memory goes when that is killed, and its clock is wound on. */
export class LabHost {
  readonly name: string;
  readonly #storage: LabStorage;
  readonly #clock: Clock;
  #backend: VolumeBackend | undefined;

  constructor(name: string, storage: LabStorage, wound: () => number) {
    this.name = name;
    this.#storage = storage;
    this.#clock = { ...systemClock, now: () => systemClock.now() + wound() };
  }

  get backend(): VolumeBackend {
    if (!this.#backend) throw new Error(`the daemon of ${this.name} is not started`);
    return this.#backend;
  }

  /** kill -9 of its daemon, where one runs, and a new one. */
  async restart(): Promise<void> {
    const before = this.#backend;
    this.#backend = await this.#storage.open(this.name, this.#clock);
    await before?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#backend?.[Symbol.asyncDispose]();
  }
}
