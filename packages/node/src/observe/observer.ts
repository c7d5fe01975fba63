import { equals } from "@bufbuild/protobuf";
import { ObservedVmSchema, VmStatus_PowerState, type DhcpLease, type ObservedVm } from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import type { Domain, Hypervisor } from "../ports/hypervisor.ts";
import type { NetworkBackend } from "../ports/network-backend.ts";
import { Coalesced } from "./coalesced.ts";
import { observedVm } from "./observed-vm.ts";

/** A VM as it is now; `vm` undefined: it is gone. */
export interface VmChange {
  vmId: string;
  vm: ObservedVm | undefined;
}

export interface HypervisorLink {
  connected: boolean;
  message: string;
}

/**
 * What this host has, kept current by the hypervisor's events and by the network's leases; nothing is polled. Each
 * event only says where to look, so one that is lost with a connection costs nothing: after a reconnect all is read.
 */
export class Observer {
  readonly #parts: { hypervisor: Hypervisor; network: NetworkBackend; clock: Clock; log: Log };
  readonly #vms = new Map<string, ObservedVm>();
  readonly #domains = new Map<string, Domain>();
  readonly #leases = new Map<string, DhcpLease[]>();
  readonly #listeners = new Set<(change: VmChange) => void>();
  readonly #linkListeners = new Set<(link: HypervisorLink) => void>();
  readonly #looks = new Coalesced();
  readonly #starting = new Set<string>();
  /** VM → why it is paused. */
  readonly #explained = new Map<string, string>();
  #addressesByMac: Map<string, string[]> | undefined;
  /** Orders looks in time: a listing of all does not overwrite what a later look at one VM saw. */
  #sequence = 0;
  readonly #lookedAt = new Map<string, number>();
  #link: HypervisorLink = { connected: false, message: "not connected yet" };

  constructor(parts: { hypervisor: Hypervisor; network: NetworkBackend; clock: Clock; log: Log }) {
    this.#parts = parts;
  }

  get link(): HypervisorLink {
    return this.#link;
  }

  get busy(): boolean {
    return this.#looks.busy;
  }

  /** In id order. */
  vms(): ObservedVm[] {
    return [...this.#vms.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  find(vmId: string): ObservedVm | undefined {
    return this.#vms.get(vmId);
  }

  /** Called with each change from now on. */
  subscribe(listener: (change: VmChange) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  subscribeLink(listener: (link: HypervisorLink) => void): Disposable {
    this.#linkListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#linkListeners.delete(listener) };
  }

  /** Reads everything once, then follows the events in the background until `signal` aborts. */
  async start(signal: AbortSignal): Promise<void> {
    const events = this.#parts.hypervisor.watch(signal);
    const leases = this.#parts.network.watchLeases(signal);
    await this.#readAll();
    void this.#follow(events, signal);
    void this.#followLeases(leases, signal);
  }

  /** While `work` starts a guest, that it stands still for a moment is nothing to tell. */
  async starting(vmId: string, work: () => Promise<void>): Promise<void> {
    this.#starting.add(vmId);
    try {
      await work();
    } finally {
      this.#starting.delete(vmId);
    }
  }

  /** Why a VM is paused, told until it is not any more. */
  explain(vmId: string, why: string): void {
    this.#explained.set(vmId, why);
    const domain = this.#domains.get(vmId);
    if (domain?.power === VmStatus_PowerState.PAUSED) this.#see(vmId, domain);
  }

  /** Looks at one VM now: the answer is no older than the call. Throws UNAVAILABLE without a hypervisor. */
  async look(vmId: string): Promise<ObservedVm | undefined> {
    await this.#looks.run(`vm/${vmId}`, async () => {
      const domain = await this.#parts.hypervisor.find(vmId);
      this.#lookedAt.set(vmId, ++this.#sequence);
      if (domain) await this.#learnNetworks([domain]);
      this.#see(vmId, domain);
    });
    return this.#vms.get(vmId);
  }

  async #readAll(): Promise<void> {
    await this.#looks.run("all", async () => {
      const started = ++this.#sequence;
      const domains = await this.#parts.hypervisor.list();
      await this.#learnNetworks(domains);
      this.#setLink({ connected: true, message: "" });
      const listed = new Map(domains.map((domain) => [domain.vmId, domain]));
      for (const vmId of new Set([...this.#vms.keys(), ...listed.keys()])) {
        if ((this.#lookedAt.get(vmId) ?? 0) <= started) this.#see(vmId, listed.get(vmId));
      }
    });
  }

  async #follow(events: ReturnType<Hypervisor["watch"]>, signal: AbortSignal): Promise<void> {
    const { log } = this.#parts;
    try {
      for await (const event of events) {
        if (event.kind === "disconnected") this.#setLink({ connected: false, message: event.cause });
        else {
          const work = event.kind === "connected" ? this.#readAll() : this.look(event.vmId);
          // Not awaited: one slow look must not hold up the others. A lost connection reads all when it is back.
          work.catch((cause: unknown) => log.warn("a look at the hypervisor failed", { event, err: cause }));
        }
      }
    } catch (cause) {
      if (!signal.aborted) log.error("the hypervisor's events ended", { err: cause });
    }
  }

  async #followLeases(leases: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
    const { log } = this.#parts;
    try {
      for await (const networkId of leases) {
        await this.#readLeases(networkId).catch((cause: unknown) =>
          log.warn("leases could not be read", { networkId, err: cause }),
        );
      }
    } catch (cause) {
      if (!signal.aborted) log.error("the events of the leases ended", { err: cause });
    }
  }

  #readLeases(networkId: string): Promise<void> {
    return this.#looks.run(`leases/${networkId}`, async () => {
      this.#setLeases(networkId, await this.#parts.network.leases(networkId));
      for (const [vmId, domain] of this.#domains) {
        if (networksOf(domain).has(networkId)) this.#see(vmId, domain);
      }
    });
  }

  /** Leases that were there before this daemon was are read when a VM on their network is first seen. */
  async #learnNetworks(domains: readonly Domain[]): Promise<void> {
    const unknown = new Set(domains.flatMap((domain) => [...networksOf(domain)]).filter((id) => !this.#leases.has(id)));
    for (const networkId of unknown) {
      try {
        this.#setLeases(networkId, await this.#parts.network.leases(networkId));
      } catch (cause) {
        this.#parts.log.debug("the leases of a network are not known yet", { networkId, err: cause });
      }
    }
  }

  #see(vmId: string, domain: Domain | undefined): void {
    const before = this.#vms.get(vmId);
    if (!domain) {
      this.#domains.delete(vmId);
      this.#explained.delete(vmId);
      if (!this.#vms.delete(vmId)) return;
      return this.#tell({ vmId, vm: undefined });
    }
    const isPaused = domain.power === VmStatus_PowerState.PAUSED;
    if (isPaused && this.#starting.has(vmId)) return;
    if (!isPaused && this.#domains.get(vmId)?.power === VmStatus_PowerState.PAUSED) this.#explained.delete(vmId);
    this.#domains.set(vmId, domain);
    const vm = observedVm(domain, {
      addresses: this.#addresses(),
      before,
      nowMs: this.#parts.clock.now(),
      whyPaused: this.#explained.get(vmId),
    });
    if (before && equals(ObservedVmSchema, before, vm)) return;
    this.#vms.set(vmId, vm);
    this.#tell({ vmId, vm });
  }

  #tell(change: VmChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  #setLink(link: HypervisorLink): void {
    if (link.connected === this.#link.connected && link.message === this.#link.message) return;
    this.#link = link;
    for (const listener of this.#linkListeners) listener(link);
  }

  #setLeases(networkId: string, leases: DhcpLease[]): void {
    this.#leases.set(networkId, leases);
    this.#addressesByMac = undefined;
  }

  #addresses(): Map<string, string[]> {
    if (this.#addressesByMac) return this.#addressesByMac;
    const addresses = new Map<string, string[]>();
    for (const lease of [...this.#leases.values()].flat()) {
      const mac = lease.macAddress.toLowerCase();
      addresses.set(mac, [...(addresses.get(mac) ?? []), lease.ipAddress]);
    }
    this.#addressesByMac = addresses;
    return addresses;
  }
}

function networksOf(domain: Domain): Set<string> {
  const spec = domain.liveMark?.spec ?? domain.mark?.spec;
  return new Set((spec?.nics ?? []).map((nic) => nic.networkId).filter((id) => id !== ""));
}
