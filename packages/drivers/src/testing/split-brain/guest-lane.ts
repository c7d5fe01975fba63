import { VmDesired_Power as Power, VmStatus_PowerState as State } from "@limiquantix/api";
import { type Clock, GIB, newId, systemClock } from "@limiquantix/kit";
import type { DiskSource, VolumeBackend } from "@limiquantix/node";
import type { LibvirtHypervisor } from "../../libvirt/libvirt-hypervisor.ts";
import { eventually } from "../lab.ts";
import type { QemuIoSession } from "../qemu-io-session.ts";
import { GuestHost } from "./guest-host.ts";
import { DISK_BYTES, guestViolations, memoryTag, ownerBootSector, readJournal } from "./owner-guest.ts";

export interface GuestStorage {
  name: string;
  forgets: boolean;
  directory: string;
  disks: QemuIoSession;
  /** A host's pool; without a hypervisor for one who only looks. */
  open(pool: string, host: string, clock: Clock, hypervisor?: LibvirtHypervisor): Promise<VolumeBackend>;
  /** All of the disk that guests write. */
  read(source: DiskSource, bytes: number): Promise<Buffer>;
}

const faults = ["stopped", "killed", "frozen"] as const;
const MEMORY_MIB = [64, 96] as const;
const WIND_MS = 61_000;
const AGAIN_MS = 2000;

/** Real daemons and guests: both hosts are told to start their VM on one disk, over and over. */
export class GuestLane implements AsyncDisposable {
  readonly #storage: GuestStorage;
  readonly #hosts: readonly [GuestHost, GuestHost];
  readonly #source: DiskSource;
  readonly #wind: () => void;
  readonly #starts: { tag: number; start: number }[] = [];
  #running: 0 | 1 | undefined;
  #rounds = 0;

  private constructor(parts: {
    storage: GuestStorage;
    hosts: [GuestHost, GuestHost];
    source: DiskSource;
    wind: () => void;
  }) {
    this.#storage = parts.storage;
    this.#hosts = parts.hosts;
    this.#source = parts.source;
    this.#wind = parts.wind;
  }

  static async make(storage: GuestStorage): Promise<GuestLane> {
    let woundMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + woundMs };
    const volumeId = newId();
    const source = await makeDisk(storage, volumeId);
    const host = (memoryMib: number) => {
      const id = newId();
      const openPool = (pool: string, hypervisor: LibvirtHypervisor) => storage.open(pool, id, clock, hypervisor);
      return GuestHost.start({ volumeId, memoryMib, directory: storage.directory, clock, openPool });
    };
    const hosts = [await host(MEMORY_MIB[0]), await host(MEMORY_MIB[1])] as [GuestHost, GuestHost];
    return new GuestLane({ storage, hosts, source, wind: () => (woundMs += WIND_MS) });
  }

  /** Answers what must not be, and is. */
  async round(): Promise<string[]> {
    const was = this.#running;
    const fault = was === undefined ? "stopped" : faults[this.#rounds++ % faults.length]!;
    if (was !== undefined) await this.#befall(was, fault);
    this.#wind();
    const told: (0 | 1)[] = was !== undefined && fault === "frozen" ? [was === 0 ? 1 : 0] : [0, 1];
    this.#running = undefined;
    await eventually(`${this.#storage.name}: one of them to start, ${fault}`, async () => {
      const started = await Promise.all(told.map((host) => this.#hosts[host].tell(Power.ON)));
      const won = told.filter((_, i) => started[i]);
      if (won.length > 1) throw new Error(`${this.#storage.name}: both were started, ${fault}`);
      this.#running = won[0];
      if (won.length === 0 && fault === "frozen") await this.#wait(was!);
      return won.length === 1;
    });
    await this.#goesOn();
    if (was !== undefined && fault === "frozen" && this.#storage.forgets) await this.#heal(was);
    const wrong = guestViolations(await this.#read(), this.#starts);
    return wrong.slice(0, 5).map((what) => `${this.#storage.name}, guests, ${fault}: ${what}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#hosts) await host[Symbol.asyncDispose]();
  }

  async #befall(host: 0 | 1, fault: (typeof faults)[number]): Promise<void> {
    if (fault === "stopped") await this.#hosts[host].tell(Power.OFF);
    else if (fault === "frozen") await this.#hosts[host].signal("SIGSTOP");
    else await this.#kill(host);
  }

  /** Until its daemon knows: else it says that what it is told to start runs. */
  async #kill(host: 0 | 1): Promise<void> {
    const { client, vmId } = this.#hosts[host];
    await this.#hosts[host].signal("SIGKILL");
    await eventually("the end of the guest", async () => {
      const { state } = await client.getVMStatus({ vmId });
      return state !== State.RUNNING && state !== State.PAUSED;
    });
  }

  /** For the one who stands still to be forgotten; where nobody is, it has to die first. */
  async #wait(frozen: 0 | 1): Promise<void> {
    if (this.#storage.forgets) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    else await this.#hosts[frozen].signal("SIGKILL").catch(() => {});
  }

  /** Until the new one wrote some, and from where on. */
  async #goesOn(): Promise<void> {
    const tag = memoryTag(MEMORY_MIB[this.#running!]);
    const before = this.#starts.at(-1)?.start ?? 0;
    await eventually("the guest to write", async () => {
      const journal = readJournal(await this.#storage.read(this.#source, 1024));
      if (journal.tag !== tag || journal.start <= before || journal.number < journal.start + 20) return false;
      this.#starts.push({ tag, start: journal.start });
      return true;
    });
  }

  /** It goes on writing, is stopped by its storage, and is not let go on: nothing is repaired, and why is told. */
  async #heal(host: 0 | 1): Promise<void> {
    const { client, vmId } = this.#hosts[host];
    await this.#hosts[host].signal("SIGCONT");
    await eventually("the guest that was cut off to stand still, and to say why", async () => {
      const { state, errorMessage } = await client.getVMStatus({ vmId });
      return state === State.PAUSED && /another host has its disk/.test(errorMessage);
    });
    if (await this.#hosts[host].tell(Power.ON)) throw new Error("one that was cut off was let go on");
    if ((await client.getVMStatus({ vmId })).state !== State.PAUSED)
      throw new Error("it does not stand still any more");
    await this.#hosts[host].tell(Power.OFF);
  }

  /** While the guest writes: what it writes meanwhile is not its own fault. */
  async #read(): Promise<Buffer> {
    const running = this.#hosts[this.#running!];
    await running.tell(Power.PAUSED);
    const disk = await this.#storage.read(this.#source, DISK_BYTES);
    await running.tell(Power.ON);
    return disk;
  }
}

async function makeDisk(storage: GuestStorage, volumeId: string): Promise<DiskSource> {
  await using backend = await storage.open(newId(), newId(), systemClock);
  const signal = new AbortController().signal;
  // Where a block of a qcow2 file lies is not on disk before a flush, and the BIOS flushes nothing.
  const thick = !storage.forgets;
  await backend.ensureVolume({ volumeId, sizeBytes: GIB, thick, signal, onProgress: () => {} });
  const source = await backend.attach(volumeId);
  await storage.disks.write(source, 0, ownerBootSector());
  await backend.detach(volumeId);
  return source;
}
