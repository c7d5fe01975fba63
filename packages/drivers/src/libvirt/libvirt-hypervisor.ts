import { create } from "@bufbuild/protobuf";
import { problem, Reason, type ResourceUsage, VmStatus_PowerState } from "@limiquantix/api";
import { type HypervisorCapabilities, HypervisorCapabilitiesSchema } from "@limiquantix/api/daemon";
import type { Clock, Log } from "@limiquantix/kit";
import {
  Affect,
  type DomainRef,
  ErrorCode,
  isLibvirtError,
  type Libvirt,
  LibvirtConnection,
  MetadataType,
  SaveFlag,
  ShutdownFlag,
  StartFlag,
  UndefineFlag,
  XmlFlag,
} from "@limiquantix/libvirt";
import type {
  Domain,
  DomainDefinition,
  DomainMark,
  Hypervisor,
  HypervisorEvent,
  HypervisorInfo,
  LiveChange,
  StartOptions,
} from "@limiquantix/node";
import { rm } from "node:fs/promises";
import { type Accelerator, findAccelerator } from "./accelerator.ts";
import { LibvirtConsoles } from "./consoles.ts";
import type { DomainHost } from "./domain/domain-host.ts";
import { LibvirtDisks } from "./disks/live-disks.ts";
import { Holds } from "./disks/holds.ts";
import { IoErrors } from "./disks/io-errors.ts";
import { LibvirtSecrets } from "./disks/secrets.ts";
import { domainXml, serialLog } from "./domain/domain-xml.ts";
import { MARK_NAMESPACE, MARK_PREFIX, markText } from "./domain/mark.ts";
import { powerState } from "./domain/power-state.ts";
import { keptHardware } from "./domain/reading.ts";
import { restoreXml } from "./domain/rewrite.ts";
import { domainRef } from "./domain-ref.ts";
import { readLive, readStored, viewDomain } from "./domain-view.ts";
import { libvirtFailure, liveFailure } from "./failures.ts";
import { Leases, type LeaseOptions, LOCKSPACE } from "./lease.ts";
import { applyLive } from "./live/apply-live.ts";
import { type LongCall, longCalls } from "./long-call.ts";
import { UsageMeter } from "./usage.ts";
import { watchDomains } from "./watch.ts";

export interface LibvirtHypervisorOptions {
  /** libvirtd's unix socket. */
  socket: string;
  /** Undefined: VMs get no leases, because this host's libvirt is set up without lockd. */
  leases: LeaseOptions | undefined;
  clock: Clock;
  log: Log;
  /** Where libvirt keeps the emulators' logs; /var/log/libvirt/qemu unless told. */
  logDirectory?: string;
  /** How long to wait for libvirt at the start; 15 s unless told. */
  connectTimeoutMs?: number;
}

const UNDEFINE_ALL =
  UndefineFlag.MANAGED_SAVE | UndefineFlag.SNAPSHOTS_METADATA | UndefineFlag.CHECKPOINTS_METADATA | UndefineFlag.NVRAM;

/** VMs as libvirt domains of this host's QEMU. A domain's UUID is its VM's id. */
export class LibvirtHypervisor implements Hypervisor, AsyncDisposable {
  readonly info: HypervisorInfo;
  readonly capabilities: HypervisorCapabilities;
  readonly consoles: LibvirtConsoles;
  readonly disks: LibvirtDisks;
  readonly secrets: LibvirtSecrets;
  /** Shared with the network driver. */
  readonly connection: LibvirtConnection;
  readonly #host: DomainHost;
  readonly #leases: Leases | undefined;
  readonly #usage: UsageMeter;
  readonly #holds: Holds;
  readonly #longCall: LongCall;
  readonly #ioErrors: IoErrors;
  readonly #clock: Clock;
  readonly #log: Log;

  private constructor(
    connection: LibvirtConnection,
    options: LibvirtHypervisorOptions,
    found: { accelerator: Accelerator; info: HypervisorInfo; leases: Leases | undefined; ioErrors: IoErrors },
  ) {
    const { socket, clock, log, logDirectory = "/var/log/libvirt/qemu" } = options;
    const { accelerator, leases } = found;
    this.connection = connection;
    this.info = found.info;
    this.#clock = clock;
    this.#log = log;
    this.#leases = leases;
    this.#usage = new UsageMeter(connection, clock);
    this.#ioErrors = found.ioErrors;
    this.#longCall = longCalls(socket);
    this.#holds = new Holds({ connection, clock, log });
    this.disks = new LibvirtDisks({ connection, longCall: this.#longCall, clock, log, holds: this.#holds });
    this.secrets = new LibvirtSecrets({ connection, log });
    this.consoles = new LibvirtConsoles({ connection, socket, logDirectory, clock });
    this.#host = {
      ...accelerator.capabilities,
      accelerator: accelerator.kind,
      logDirectory,
      leases: leases && { directory: leases.directory, lockspace: LOCKSPACE },
    };
    this.capabilities = capabilitiesOf(this.#host);
  }

  /** Connects, measures the host and makes the lockspace known; throws when libvirt does not answer in time. */
  static async connect(options: LibvirtHypervisorOptions): Promise<LibvirtHypervisor> {
    const { socket, clock, log, connectTimeoutMs = 15_000 } = options;
    const connection = new LibvirtConnection({ address: { socket }, clock, log });
    const late = new AbortController();
    using _timer = clock.after(connectTimeoutMs, () => late.abort(notReached(connection, socket)));
    try {
      const libvirt = await connection.connected(late.signal);
      const accelerator = await findAccelerator(libvirt);
      const leases = options.leases && new Leases(options.leases);
      await leases?.ensureLockspace();
      const info = await describe(libvirt, accelerator);
      const ioErrors = await IoErrors.watch({ connection, clock, log });
      return new LibvirtHypervisor(connection, options, { accelerator, info, leases, ioErrors });
    } catch (cause) {
      await connection[Symbol.asyncDispose]();
      throw new Error(`use libvirt at ${socket}`, { cause });
    }
  }

  async list(): Promise<Domain[]> {
    return this.#do("*", "list", async () => {
      const { domains } = await this.connection.call("CONNECT_LIST_ALL_DOMAINS", {});
      const views = await Promise.all(domains.map((dom) => viewDomain(this.connection, dom)));
      return views.filter((view) => view !== undefined);
    });
  }

  async find(vmId: string): Promise<Domain | undefined> {
    return this.#do(vmId, "look at", () => viewDomain(this.connection, domainRef(vmId)));
  }

  async define(definition: DomainDefinition): Promise<void> {
    const { vmId } = definition;
    await this.#do(vmId, "define", async () => {
      const before = await this.#stored(vmId);
      const kept = before && keptHardware(before, await this.#live(vmId));
      const xml = domainXml(definition, this.#host, kept);
      await this.connection.call("DOMAIN_DEFINE_XML_FLAGS", { xml });
    });
  }

  async undefine(vmId: string, { unmarkOnly = false }: { unmarkOnly?: boolean } = {}): Promise<void> {
    await this.#do(vmId, "undefine", async () => {
      const before = await this.#stored(vmId);
      if (!before) {
        await this.#leases?.delete(vmId);
        return;
      }
      const dom = domainRef(vmId);
      const { active } = await this.connection.call("DOMAIN_IS_ACTIVE", { dom });
      if (unmarkOnly) {
        if (before.mark) await this.#setMetadata(vmId, undefined, active);
        return;
      }
      // libvirt would take away the definition of a running one and leave it running.
      if (active) throw problem(Reason.HYPERVISOR_REFUSED, { action: "undefine", vm: vmId, cause: "it runs" });
      // The lease first: if we die in between, the domain is still there to be undefined.
      await this.#leases?.delete(vmId);
      await this.connection.call("DOMAIN_UNDEFINE_FLAGS", { dom, flags: UNDEFINE_ALL });
      await rm(serialLog(this.#host.logDirectory, before.name), { force: true });
    });
  }

  async start(vmId: string, { memoryPath, paused = false }: StartOptions = {}): Promise<void> {
    const dom = domainRef(vmId);
    await this.#do(vmId, "start", async () => {
      if ((await readStored(this.connection, dom)).usesLease) await this.#leases?.ensure(vmId);
      const flags = paused ? StartFlag.PAUSED : 0;
      if (memoryPath === undefined) await this.connection.call("DOMAIN_CREATE_WITH_FLAGS", { dom, flags });
      else await this.#restore(dom, memoryPath, paused ? SaveFlag.PAUSED : SaveFlag.RUNNING);
    });
  }

  async stop(vmId: string, how: "ask" | "cut" | "save"): Promise<void> {
    const dom = domainRef(vmId);
    await this.#do(vmId, how === "save" ? "suspend" : "stop", async () => {
      switch (how) {
        case "ask":
          // Not by the guest agent, which may hang, and the call with it.
          await this.connection.call("DOMAIN_SHUTDOWN_FLAGS", { dom, flags: ShutdownFlag.ACPI });
          return;
        case "cut":
          await this.#cut(vmId);
          return;
        case "save":
          await this.#longCall("DOMAIN_MANAGED_SAVE", { dom, flags: SaveFlag.RUNNING });
          return;
      }
    });
  }

  async reset(vmId: string): Promise<void> {
    const dom = domainRef(vmId);
    await this.#do(vmId, "reset", () => this.connection.call("DOMAIN_RESET", { dom }));
  }

  async setPaused(vmId: string, paused: boolean): Promise<void> {
    this.#ioErrors.setLeft(vmId, paused);
    await this.#do(vmId, paused ? "pause" : "resume", async () => {
      const dom = domainRef(vmId);
      const { state, reason } = await this.connection.call("DOMAIN_GET_STATE", { dom });
      const { power } = powerState(state, reason, false);
      if (power === (paused ? VmStatus_PowerState.PAUSED : VmStatus_PowerState.RUNNING)) return;
      await this.connection.call(paused ? "DOMAIN_SUSPEND" : "DOMAIN_RESUME", { dom });
    });
  }

  guardResume(mayGoOn: (vmId: string) => Promise<void>): void {
    this.#ioErrors.guard(mayGoOn);
  }

  async applyLive(vmId: string, change: LiveChange): Promise<void> {
    try {
      await applyLive({ connection: this.connection, clock: this.#clock, dom: domainRef(vmId), vmId }, change);
    } catch (error) {
      throw liveFailure(error, vmId, change.kind);
    }
  }

  async setMark(vmId: string, mark: DomainMark, { live }: { live: boolean }): Promise<void> {
    await this.#do(vmId, "mark", async () => {
      const isActive = live && (await this.connection.call("DOMAIN_IS_ACTIVE", { dom: domainRef(vmId) })).active;
      await this.#setMetadata(vmId, mark, isActive);
    });
  }

  async stats(): Promise<Map<string, ResourceUsage>> {
    return this.#do("*", "measure", () => this.#usage.read());
  }

  watch(signal: AbortSignal): AsyncIterable<HypervisorEvent> {
    return watchDomains(this.connection, { signal, log: this.#log });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#holds[Symbol.dispose]();
    this.secrets[Symbol.dispose]();
    await this.#ioErrors[Symbol.asyncDispose]();
    await this.connection[Symbol.asyncDispose]();
  }

  async #stored(vmId: string) {
    try {
      return await readStored(this.connection, domainRef(vmId));
    } catch (error) {
      if (isLibvirtError(error, ErrorCode.NO_DOMAIN)) return undefined;
      throw error;
    }
  }

  async #live(vmId: string) {
    const dom = domainRef(vmId);
    const { active } = await this.connection.call("DOMAIN_IS_ACTIVE", { dom });
    return active ? readLive(this.connection, dom) : undefined;
  }

  async #setMetadata(vmId: string, mark: DomainMark | undefined, active: boolean): Promise<void> {
    await this.connection.call("DOMAIN_SET_METADATA", {
      dom: domainRef(vmId),
      type: MetadataType.ELEMENT,
      metadata: mark && markText(mark),
      key: mark && MARK_PREFIX,
      uri: MARK_NAMESPACE,
      flags: active ? Affect.CONFIG | Affect.LIVE : Affect.CONFIG,
    });
  }

  /** libvirt checks that the memory's hardware is that of the domain it wakes in. The file stays. */
  async #restore(dom: DomainRef, memoryPath: string, flags: number): Promise<void> {
    const present = (await this.connection.call("DOMAIN_GET_XML_DESC", { dom, flags: XmlFlag.INACTIVE })).xml;
    const saved = (await this.connection.call("DOMAIN_SAVE_IMAGE_GET_XML_DESC", { file: memoryPath })).xml;
    // What was saved by suspending is of another time.
    if ((await this.connection.call("DOMAIN_HAS_MANAGED_SAVE_IMAGE", { dom })).result)
      await this.connection.call("DOMAIN_MANAGED_SAVE_REMOVE", { dom });
    const dxml = restoreXml(saved, present);
    await this.#longCall("DOMAIN_RESTORE_FLAGS", { from: memoryPath, dxml, flags });
  }

  /** Off for good: memory that was saved is dropped. */
  async #cut(vmId: string): Promise<void> {
    const dom = domainRef(vmId);
    const { active } = await this.connection.call("DOMAIN_IS_ACTIVE", { dom });
    if (!active) {
      const saved = (await this.connection.call("DOMAIN_HAS_MANAGED_SAVE_IMAGE", { dom })).result;
      if (saved) await this.connection.call("DOMAIN_MANAGED_SAVE_REMOVE", { dom });
      return;
    }
    try {
      await this.connection.call("DOMAIN_DESTROY_FLAGS", { dom });
    } catch (error) {
      // It went off by itself meanwhile; or libvirtd, just restarted, was still attaching to it and let it fall.
      if (!isLibvirtError(error, ErrorCode.OPERATION_INVALID)) throw error;
      if ((await this.connection.call("DOMAIN_IS_ACTIVE", { dom })).active) throw error;
    }
  }

  async #do<T>(vmId: string, action: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw libvirtFailure(error, vmId, action);
    }
  }
}

function notReached(connection: LibvirtConnection, socket: string): Error {
  const { state } = connection;
  const cause = state.state === "disconnected" ? state.reason : undefined;
  return new Error(`libvirtd does not answer at ${socket}`, { cause });
}

async function describe(libvirt: Libvirt, accelerator: Accelerator): Promise<HypervisorInfo> {
  const [{ lib_ver }, { hv_ver }] = await Promise.all([
    libvirt.call("CONNECT_GET_LIB_VERSION"),
    libvirt.call("CONNECT_GET_VERSION"),
  ]);
  return {
    name: "libvirt",
    version: versionText(Number(lib_ver)),
    emulatorVersion: `QEMU ${versionText(Number(hv_ver))}`,
    accelerator: accelerator.kind,
    acceleratorReason: accelerator.reason,
  };
}

/** libvirt's numbers: major × 1,000,000 + minor × 1,000 + release. */
function versionText(version: number): string {
  return [Math.floor(version / 1e6), Math.floor(version / 1000) % 1000, version % 1000].join(".");
}

function capabilitiesOf(host: DomainHost): HypervisorCapabilities {
  const unsupported: Record<string, string> = {};
  const missing = "libvirt lists no such firmware (package ovmf)";
  if (!host.uefi) unsupported["uefi"] = missing;
  if (!host.secureBoot) unsupported["secure_boot"] = missing;
  return create(HypervisorCapabilitiesSchema, {
    suspendToDisk: true,
    cpuHotplug: true,
    memoryHotplug: true,
    diskHotplug: true,
    nicHotplug: true,
    uefi: host.uefi,
    secureBoot: host.secureBoot,
    serialConsole: true,
    vncConsole: true,
    maxVcpus: host.maxVcpus,
    unsupported,
  });
}
