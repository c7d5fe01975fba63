import { clone, create } from "@bufbuild/protobuf";
import {
  problem,
  Reason,
  VmSpecSchema,
  VmStatus_PowerState as PowerState,
  VmStatus_StopReason as StopReason,
  type ResourceUsage,
} from "@limiquantix/api";
import { HypervisorCapabilitiesSchema } from "@limiquantix/api/daemon";
import { Channel } from "@limiquantix/kit";
import { sourceName } from "@limiquantix/node";
import type {
  ByteStream,
  DiskSecrets,
  Domain,
  DomainDefinition,
  DomainMark,
  Hypervisor,
  HypervisorEvent,
  HypervisorInfo,
  LiveChange,
  Picture,
  StartOptions,
} from "@limiquantix/node";
import { applyChange } from "./apply-change.ts";
import type { DriverSession } from "./driver-session.ts";
import { refused } from "./refused.ts";
import { SimDisks } from "./sim-disks.ts";
import type { SimDomain, SimHost } from "./sim-host.ts";
import { usageOf } from "./sim-usage.ts";
import { beginWriting, startDomain } from "./start-domain.ts";

/** Runs VMs in no other place than this process's memory. */
export class SimHypervisor implements Hypervisor {
  readonly info: HypervisorInfo = {
    name: "sim",
    version: "1.0",
    emulatorVersion: "1.0",
    accelerator: "sim",
    acceleratorReason: "simulated: guests take no CPU and no memory",
  };
  readonly capabilities = create(HypervisorCapabilitiesSchema, {
    suspendToDisk: true,
    cpuHotplug: true,
    memoryHotplug: true,
    diskHotplug: true,
    nicHotplug: true,
    uefi: true,
    secureBoot: true,
    serialConsole: true,
    vncConsole: true,
    maxVcpus: 512,
  });
  readonly consoles = {
    open: (vmId: string, type: "serial" | "vnc") => this.#openConsole(vmId, type),
    screenshot: (vmId: string) => this.#screenshot(vmId),
    log: (vmId: string, lines: number) => this.#log(vmId, lines),
  };
  readonly disks: SimDisks;
  readonly secrets: DiskSecrets = {
    set: ({ secretId, value }) => this.#step("secret", () => void this.#host.secrets.set(secretId, value)),
    delete: (secretId) => this.#step("secret", () => void this.#host.secrets.delete(secretId)),
  };
  readonly #session: DriverSession;
  readonly #host: SimHost;

  constructor(session: DriverSession) {
    this.#session = session;
    this.#host = session.host;
    this.disks = new SimDisks(session);
  }

  list(): Promise<Domain[]> {
    return this.#step("list", () => [...this.#host.domains.values()].map(asDomain));
  }

  find(vmId: string): Promise<Domain | undefined> {
    return this.#step("find", () => {
      const domain = this.#host.domains.get(vmId);
      return domain && asDomain(domain);
    });
  }

  define(definition: DomainDefinition): Promise<void> {
    return this.#step("define", () => {
      const { vmId, name, mark } = definition;
      const before = this.#host.domains.get(vmId);
      if (before) Object.assign(before, { definition, mark });
      else {
        this.#host.domains.set(vmId, {
          vmId,
          name: `lqx-${vmId.slice(-8)}-${name}`,
          definition,
          mark,
          discoveredSpec: undefined,
          power: PowerState.STOPPED,
          stopReason: StopReason.STOP_REASON_UNKNOWN,
          live: undefined,
        });
      }
      this.#host.changed(vmId);
    });
  }

  undefine(vmId: string, options: { unmarkOnly?: boolean } = {}): Promise<void> {
    return this.#step("undefine", () => {
      const domain = this.#host.domains.get(vmId);
      if (!domain) return;
      if (options.unmarkOnly) {
        domain.discoveredSpec ??= domain.definition?.spec;
        domain.mark = undefined;
        if (domain.live) domain.live.mark = undefined;
      } else {
        if (domain.live) throw refused("undefine", vmId, "domain is running");
        this.#host.domains.delete(vmId);
      }
      this.#host.changed(vmId);
    });
  }

  start(vmId: string, options?: StartOptions): Promise<void> {
    return this.#step("start", () => startDomain(this.#host, this.#get(vmId), options));
  }

  stop(vmId: string, how: "ask" | "cut" | "save"): Promise<void> {
    return this.#step(`stop-${how}`, () => {
      const domain = this.#get(vmId);
      if (how === "cut" && !domain.live) {
        if (domain.power === PowerState.SUSPENDED) this.#host.powerOff(domain, StopReason.POWERED_OFF);
        return;
      }
      const { guest } = this.#running(domain, "stop");
      if (how === "ask") guest.askToStop();
      else this.#host.powerOff(domain, how === "cut" ? StopReason.POWERED_OFF : StopReason.SAVED);
    });
  }

  reset(vmId: string): Promise<void> {
    return this.#step("reset", () => this.#running(this.#get(vmId), "reset").guest.boot());
  }

  setPaused(vmId: string, paused: boolean): Promise<void> {
    return this.#step(paused ? "pause" : "resume", () => {
      const domain = this.#get(vmId);
      const { guest } = this.#running(domain, paused ? "pause" : "resume");
      if (!paused) beginWriting(this.#host, domain);
      guest.setPaused(paused);
      domain.power = paused ? PowerState.PAUSED : PowerState.RUNNING;
      domain.stopReason = StopReason.STOP_REASON_UNKNOWN;
      this.#host.changed(vmId);
    });
  }

  guardResume(mayGoOn: (vmId: string) => Promise<void>): void {
    const { life } = this.#session;
    this.#host.mayGoOn = async (vmId) => {
      if (life.alive) await mayGoOn(vmId);
    };
  }

  applyLive(vmId: string, change: LiveChange): Promise<void> {
    return this.#step(`live-${change.kind}`, () => {
      const live = this.#running(this.#get(vmId), "change");
      live.spec = applyChange({ host: this.#host, vmId, live, change });
      this.#host.changed(vmId);
    });
  }

  setMark(vmId: string, mark: DomainMark, options: { live: boolean }): Promise<void> {
    return this.#step("mark", () => {
      const domain = this.#get(vmId);
      domain.mark = mark;
      if (options.live && domain.live) domain.live.mark = mark;
      this.#host.changed(vmId);
    });
  }

  stats(): Promise<Map<string, ResourceUsage>> {
    return this.#step("stats", () => {
      const usages = new Map<string, ResourceUsage>();
      for (const domain of this.#host.domains.values()) {
        if (domain.live) usages.set(domain.vmId, usageOf(domain.vmId, domain.live, this.#host.clock.now()));
      }
      return usages;
    });
  }

  watch(signal: AbortSignal): AsyncIterable<HypervisorEvent> {
    const { life } = this.#session;
    const watcher = (event: HypervisorEvent) => {
      if (life.alive) events.push(event);
    };
    const events = new Channel<HypervisorEvent>({ signal, onEnd: () => this.#host.watchers.delete(watcher) });
    this.#host.watchers.add(watcher);
    life.killed.addEventListener("abort", () => this.#host.watchers.delete(watcher), { once: true });
    return events;
  }

  async #openConsole(vmId: string, type: "serial" | "vnc"): Promise<ByteStream> {
    return this.#step("console", () => {
      const { domain, live } = this.#withConsoles(vmId);
      if (type === "serial" && live.spec.serial?.disabled) {
        throw problem(Reason.CONSOLE_NOT_CONFIGURED, { vm: domain.name, type });
      }
      return type === "serial" ? live.guest.openSerial() : live.guest.openVnc();
    });
  }

  async #screenshot(vmId: string): Promise<Picture> {
    return this.#step("screenshot", () => this.#withConsoles(vmId).live.guest.screen.picture());
  }

  #withConsoles(vmId: string): { domain: SimDomain; live: NonNullable<SimDomain["live"]> } {
    const domain = this.#get(vmId);
    const { live, name: vm, power } = domain;
    if (live) return { domain, live };
    throw problem(Reason.CONSOLE_VM_NOT_RUNNING, { vm, state: PowerState[power].toLowerCase() });
  }

  async #log(vmId: string, lines: number): Promise<string> {
    return this.#step("log", () => {
      const domain = this.#get(vmId);
      return lines > 0 ? `${domain.name}: simulated, ${PowerState[domain.power].toLowerCase()}\n` : "";
    });
  }

  #step<T>(name: string, work: () => T): Promise<T> {
    return this.#session.hypervisorStep(`hypervisor.${name}`, work);
  }

  #get(vmId: string): SimDomain {
    const domain = this.#host.domains.get(vmId);
    if (!domain) throw problem(Reason.NOT_FOUND, { kind: "domain", id: vmId });
    return domain;
  }

  #running(domain: SimDomain, action: string): NonNullable<SimDomain["live"]> {
    if (!domain.live) throw refused(action, domain.vmId, "domain is not running");
    return domain.live;
  }
}

function asDomain(domain: SimDomain): Domain {
  const { vmId, name, power, stopReason, mark, live, definition, discoveredSpec } = domain;
  const nics = live?.spec.nics ?? [];
  return {
    vmId,
    name,
    power,
    stopReason,
    mark,
    liveMark: live?.mark,
    hostInterfaces: new Map(nics.map((nic, index) => [nic.macAddress.toLowerCase(), `sim-${vmId.slice(-6)}-${index}`])),
    sources: new Map(
      live
        ? [...live.sources].map(([id, source]) => [id, sourceName(source)])
        : (definition?.disks ?? []).map(({ disk, source }) => [disk.id, sourceName(source)]),
    ),
    discoveredSpec: mark ? undefined : discoveredSpec && clone(VmSpecSchema, discoveredSpec),
    accelerator: live ? "sim" : "",
  };
}
