import {
  VmStatus_PowerState as PowerState,
  VmStatus_StopReason as StopReason,
  type DhcpLease,
  type HostNetwork,
  type VmSpec,
} from "@limiquantix/api";
import { newId, type Clock } from "@limiquantix/kit";
import type {
  DomainDefinition,
  DomainMark,
  HypervisorEvent,
  PortRequest,
  StoredImage,
  VolumeInfo,
} from "@limiquantix/node";
import type { Lifetime } from "../lifetime.ts";
import type { GuestBehaviour, SimGuest } from "./sim-guest.ts";
import { guestLoad } from "./sim-load.ts";

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
  live: { mark: DomainMark | undefined; spec: VmSpec; guest: SimGuest } | undefined;
}

export interface SimVolume extends VolumeInfo {
  thick: boolean;
  /** Stands for what is on it: a copy has that of its source. */
  content: string;
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
  readonly volumes = new Map<string, SimVolume>();
  /** Volumes that are read for a copy, by a daemon that may be dead meanwhile. */
  readonly copies = new Set<{ volumeId: string; life: Lifetime }>();
  readonly images = new Map<string, StoredImage & { content: Uint8Array | undefined }>();
  readonly uploads = new Map<string, Uint8Array>();
  readonly seeds = new Map<string, ReadonlyMap<string, string>>();
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
  /** Called before and after each operation of a driver: where a test puts its faults. */
  onStep: (step: string) => void = () => {};

  constructor(options: {
    name: string;
    clock: Clock;
    size?: Partial<HostSize> | undefined;
    locks?: Map<string, string>;
    machineId?: string;
    addressBlock?: number;
  }) {
    this.name = options.name;
    this.machineId = options.machineId ?? newId();
    this.clock = options.clock;
    this.size = { cpuCores: 16, memoryMib: 65_536, poolBytes: 1e12, ...options.size };
    this.locks = options.locks ?? new Map();
    this.addressBlock = options.addressBlock ?? 80;
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
    this.changed(domain.vmId);
  }

  /** The machine loses power: guests are gone, and what is on its disks stays. */
  crash(): void {
    for (const domain of this.domains.values()) if (domain.live) this.powerOff(domain, StopReason.HOST_DOWN);
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
