import type { DiskSource } from "@limiquantix/node";
import { sourceName } from "@limiquantix/node";
import type { Lifetime } from "../lifetime.ts";
import type { SimLayer, SimVolume } from "./sim-volume.ts";

/** A guest's memory at the instant of a snapshot. */
export interface SimMemory {
  vmId: string;
}

/** What lies on one storage, whichever hosts reach it; it outlives their daemons, and the hosts themselves. */
export class SimStorage {
  readonly totalBytes: number;
  readonly volumes = new Map<string, SimVolume>();
  readonly seeds = new Map<string, ReadonlyMap<string, string>>();
  /** By path. */
  readonly memory = new Map<string, SimMemory>();
  /** Volumes that are read for a copy, by a daemon that may be dead meanwhile. */
  readonly copies = new Set<{ volumeId: string; life: Lifetime }>();
  /** `mute`: no call is ever answered, as on a dead NFS server. */
  readonly faults = { unreachable: false, mute: false, full: false, slowMs: 0 };
  /** Hosts that do not reach it. */
  readonly cutFrom = new Set<string>();
  /** Volume → hosts that it was readied on. */
  readonly attached = new Map<string, Set<string>>();
  /** Volume → `host/VM` of the guests that have it open. */
  readonly writers = new Map<string, Set<string>>();
  /** Those of them that it was told of by the host that readied the volume. */
  readonly noted = new Map<string, Set<string>>();
  /** What must never happen and did: two writers, a disk taken from under a guest. */
  readonly violations: string[] = [];

  constructor(options: { totalBytes: number }) {
    this.totalBytes = options.totalBytes;
  }

  find(source: DiskSource): { volume: SimVolume; layer: SimLayer } | undefined {
    const name = sourceName(source);
    const volumeId = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(name.slice(name.lastIndexOf("/")))?.[0] ?? "";
    const volume = this.volumes.get(volumeId);
    const layer = volume?.layers.get(name);
    return volume && layer && { volume, layer };
  }

  open(volumeId: string, guest: string): void {
    const writers = this.writers.get(volumeId) ?? new Set();
    for (const other of writers) {
      if (other === guest || this.volumes.get(volumeId)?.shared) continue;
      this.violations.push(`${volumeId} has two writers: ${other} and ${guest}`);
    }
    this.writers.set(volumeId, writers.add(guest));
  }

  /** The guest begins to write. */
  begin(volumeId: string, guest: string): void {
    if (this.noted.get(volumeId)?.has(guest)) return;
    this.violations.push(`${volumeId} is written by ${guest}, of whom the storage was not told`);
  }

  /** Of the guests that have it open on a host. */
  note(volumeId: string, host: string): void {
    const here = [...(this.writers.get(volumeId) ?? [])].filter((guest) => guest.startsWith(`${host}/`));
    this.noted.set(volumeId, new Set(here));
  }

  close(guest: string): void {
    for (const noted of this.noted.values()) noted.delete(guest);
    for (const [volumeId, writers] of this.writers) {
      if (writers.delete(guest) && writers.size === 0) this.writers.delete(volumeId);
    }
  }

  /** A host lost its power: what it had readied is free. */
  forgetHost(host: string): void {
    for (const hosts of this.attached.values()) hosts.delete(host);
  }

  beingRead(volumeId: string): boolean {
    return [...this.copies].some((copy) => copy.volumeId === volumeId && copy.life.alive);
  }
}
