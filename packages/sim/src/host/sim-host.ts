import {
  VmStatus_PowerState as PowerState,
  VmStatus_StopReason as StopReason,
  type DhcpLease,
  type HostNetwork,
  type VmSpec,
} from "@limiquantix/api";
import { newId, type Clock } from "@limiquantix/kit";
import type { DiskSource, DomainDefinition, DomainMark, HypervisorEvent, PortRequest } from "@limiquantix/node";
import type { GuestBehaviour, SimGuest } from "./sim-guest.ts";
import type { SimImage } from "./sim-images.ts";
import { guestLoad } from "./sim-load.ts";
import { SimStorage } from "./sim-storage.ts";
import { contentsOf, textOf, type SimLayer, type SimVolume } from "./sim-volume.ts";

export interface HostSize {
  cpuCores: number;
  memoryMib: number;
  poolBytes: number;
}

export interface SimDomain {
  vmId: string;
  name: string;
  /** Undefined: defined by somebody else. */
  definition: DomainDefinition | undefined;
  mark: DomainMark | undefined;
  discoveredSpec: VmSpec | undefined;
  power: PowerState;
  stopReason: StopReason;
  /** While it runs. */
  live: SimLive | undefined;
}

export interface SimLive {
  mark: DomainMark | undefined;
  spec: VmSpec;
  guest: SimGuest;
  /** Disk id → what it reads and writes. */
  sources: Map<string, DiskSource>;
  /** Disk id → what it is being copied to. */
  copies: Map<string, DiskSource>;
}

export interface SimNetwork {
  bridge: HostNetwork;
  ports: Map<string, PortRequest>;
  leases: Map<string, DhcpLease>;
  nextAddress: number;
}

/** What a host keeps while its daemon, or the host itself, is down; the drivers of a daemon work on it. */
export class SimHost {
  readonly name: string;
  readonly machineId: string;
  readonly clock: Clock;
  readonly size: HostSize;
  /** Which host holds a VM's lease; shared by all hosts of a cluster. */
  readonly locks: Map<string, string>;
  /** The second number of the addresses that this host's own networks have. */
  readonly addressBlock: number;
  readonly domains = new Map<string, SimDomain>();
  /** The host's own pool. */
  readonly storage: SimStorage;
  /** Those of declared pools, by what they are; shared by all hosts of a cluster. */
  readonly storages: Map<string, SimStorage>;
  /** Keys for storage, which the hypervisor keeps in memory. */
  readonly secrets = new Map<string, Uint8Array>();
  readonly images = new Map<string, SimImage>();
  /** Files of other formats, which wait to be converted. */
  readonly received = new Map<string, SimImage>();
  readonly uploads = new Map<string, Uint8Array>();
  readonly networks = new Map<string, SimNetwork>();
  readonly faults = { latencyMs: 0, slowDiskMs: 0, diskFull: false };
  /** What guests that are off by now moved. */
  readonly moved = { diskReadBytes: 0, diskWriteBytes: 0, diskRequests: 0, netRxBytes: 0, netTxBytes: 0 };
  readonly watchers = new Set<(event: HypervisorEvent) => void>();
  readonly leaseWatchers = new Set<(networkId: string) => void>();
  /** How guests behave, by VM id; the others as `guests`. */
  readonly behaviours = new Map<string, Partial<GuestBehaviour>>();
  guests: GuestBehaviour = { bootMs: 2000, shutdownMs: 1000, stubborn: false };
  /** How long it takes to copy a volume. */
  copyMs = 1000;
  bootId = newId();
  libvirtUp = true;
  /** The daemon's word on whether a guest that its storage made stand still may go on. */
  mayGoOn: (vmId: string) => Promise<void> = async () => {};
  /** Called before and after each operation of a driver: where a test puts its faults. */
  onStep: (step: string) => void = () => {};

  constructor(options: {
    name: string;
    clock: Clock;
    size?: Partial<HostSize> | undefined;
    locks?: Map<string, string>;
    storages?: Map<string, SimStorage>;
    machineId?: string;
    addressBlock?: number;
  }) {
    this.name = options.name;
    this.machineId = options.machineId ?? newId();
    this.clock = options.clock;
    this.size = { cpuCores: 16, memoryMib: 65_536, poolBytes: 1e12, ...options.size };
    this.locks = options.locks ?? new Map();
    this.addressBlock = options.addressBlock ?? 80;
    this.storages = options.storages ?? new Map();
    this.storage = new SimStorage({ totalBytes: this.size.poolBytes });
  }

  /** In the host's own pool, as are the others of these. */
  get volumes(): Map<string, SimVolume> {
    return this.storage.volumes;
  }

  get copies(): SimStorage["copies"] {
    return this.storage.copies;
  }

  get seeds(): SimStorage["seeds"] {
    return this.storage.seeds;
  }

  /** The disk behind a source, in whichever storage it is. */
  findDisk(source: DiskSource): { storage: SimStorage; volume: SimVolume; layer: SimLayer } | undefined {
    for (const storage of [this.storage, ...this.storages.values()]) {
      const found = storage.find(source);
      if (found) return { storage, ...found };
    }
    return undefined;
  }

  /** What the running guest writes on one of its disks. */
  write(vmId: string, diskId: string, block: number, value: string): void {
    const { storage, volume, layer } = this.#diskOf(vmId, diskId);
    if ([...volume.snapshots.values()].includes(layer) && volume.top !== layer && volume.pending === undefined) {
      storage.violations.push(`${volume.volumeId}: a guest writes into a snapshot`);
    }
    layer.blocks.set(block, value);
  }

  /** What the running guest reads on one of its disks. */
  read(vmId: string, diskId: string): string {
    return textOf(contentsOf(this.#diskOf(vmId, diskId).layer));
  }

  /** A guest's storage failed: it stands still, as QEMU has it do. */
  ioError(vmId: string): void {
    const domain = this.domains.get(vmId);
    if (!domain?.live) throw new Error(`no guest of ${vmId} runs on ${this.name}`);
    domain.live.guest.setPaused(true);
    Object.assign(domain, { power: PowerState.PAUSED, stopReason: StopReason.IO_ERROR });
    this.changed(vmId);
  }

  /** It is let go on by itself if the daemon allows that, as the hypervisor's driver tries from time to time. */
  async goOn(vmId: string): Promise<void> {
    await this.mayGoOn(vmId);
    const domain = this.domains.get(vmId);
    if (domain?.stopReason !== StopReason.IO_ERROR) return;
    domain.live?.guest.setPaused(false);
    Object.assign(domain, { power: PowerState.RUNNING, stopReason: StopReason.STOP_REASON_UNKNOWN });
    this.changed(vmId);
  }

  #diskOf(vmId: string, diskId: string) {
    const source = this.domains.get(vmId)?.live?.sources.get(diskId);
    const found = source && this.findDisk(source);
    if (!found) throw new Error(`no guest of ${vmId} has disk ${diskId} on ${this.name}`);
    return found;
  }

  behaviourOf(vmId: string): GuestBehaviour {
    return { ...this.guests, ...this.behaviours.get(vmId) };
  }

  /** Tells the daemon that something about a domain changed; lost while libvirt is away. */
  changed(vmId: string): void {
    if (this.libvirtUp) for (const watcher of this.watchers) watcher({ kind: "domain", vmId });
  }

  leasesChanged(networkId: string): void {
    for (const watcher of this.leaseWatchers) watcher(networkId);
  }

  /** The VM is off from now on, for this reason. */
  powerOff(domain: SimDomain, reason: StopReason): void {
    if (domain.live) {
      const load = guestLoad(domain.vmId, domain.live.guest.ranMs);
      for (const counter of Object.keys(this.moved) as (keyof SimHost["moved"])[]) this.moved[counter] += load[counter];
      domain.live.guest.end();
    }
    domain.live = undefined;
    domain.power = reason === StopReason.SAVED ? PowerState.SUSPENDED : PowerState.STOPPED;
    domain.stopReason = reason;
    if (this.locks.get(domain.vmId) === this.name) this.locks.delete(domain.vmId);
    for (const storage of [this.storage, ...this.storages.values()]) storage.close(`${this.name}/${domain.vmId}`);
    this.changed(domain.vmId);
  }

  /** The machine loses power: guests are gone, and what is on its disks stays. */
  crash(): void {
    for (const domain of this.domains.values()) if (domain.live) this.powerOff(domain, StopReason.HOST_DOWN);
    for (const storage of this.storages.values()) storage.forgetHost(this.name);
    this.secrets.clear();
    this.watchers.clear();
    this.leaseWatchers.clear();
    this.bootId = newId();
  }

  stopLibvirt(cause = "libvirtd ended"): void {
    this.libvirtUp = false;
    for (const watcher of this.watchers) watcher({ kind: "disconnected", cause });
  }

  startLibvirt(): void {
    this.libvirtUp = true;
    for (const watcher of this.watchers) watcher({ kind: "connected" });
  }

  /** A domain that somebody made with virsh. */
  addForeignDomain(options: { vmId: string; name: string; spec: VmSpec; running: boolean }): void {
    const { vmId, name, spec } = options;
    this.domains.set(vmId, {
      vmId,
      name,
      definition: undefined,
      mark: undefined,
      discoveredSpec: spec,
      power: PowerState.STOPPED,
      stopReason: StopReason.STOP_REASON_UNKNOWN,
      live: undefined,
    });
    this.changed(vmId);
  }
}
