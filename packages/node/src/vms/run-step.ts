import { GIB, type Rollback } from "@limiquantix/kit";
import {
  DiskDevice_ProvisioningKind as Provisioning,
  isProblem,
  problem,
  Reason,
  type CdromDevice,
  type DiskDevice,
  type NetworkInterface,
  type VmSpec,
} from "@limiquantix/api";
import { seedFiles } from "../cloud-init/seed-files.ts";
import type { DiskAttachment, Domain, DomainMark, LiveChange, NicAttachment } from "../ports/hypervisor.ts";
import type { PortRequest } from "../ports/network-backend.ts";
import type { VolumeBackend } from "../ports/volume-backend.ts";
import type { HostParts } from "./host-parts.ts";
import { isUp, type Step, type VmOrder } from "./plan-vm.ts";
import { applyDelta, hardwareOf, type LiveDelta } from "./spec-diff.ts";
import { stopGuest } from "./stop-guest.ts";

/** Carries out the steps of one order, and remembers for later steps what earlier ones made. */
export class StepRun {
  readonly #host: HostParts;
  readonly #order: VmOrder;
  readonly #undo: Rollback;
  readonly #signal: AbortSignal;
  readonly #disks = new Map<string, DiskAttachment>();
  readonly #nics = new Map<string, NicAttachment>();
  /** Devices that the running guest would not let go. */
  readonly #kept = new Set<string>();
  #seedPath: string | undefined;
  /** The hardware of the running domain. */
  #runs: VmSpec | undefined;

  constructor(options: {
    host: HostParts;
    order: VmOrder;
    domain: Domain | undefined;
    undo: Rollback;
    signal: AbortSignal;
  }) {
    this.#runs = options.domain?.liveMark?.spec;
    this.#host = options.host;
    this.#order = options.order;
    this.#undo = options.undo;
    this.#signal = options.signal;
  }

  /** Calls `onProgress` with percents of the step where it takes its time. */
  async run(step: Step, onProgress: (percent: number) => void): Promise<void> {
    const { hypervisor } = this.#host;
    const { vmId } = this.#order;
    switch (step.kind) {
      case "volume":
        return this.#volume(step.disk, step.grow, onProgress);
      case "seed":
        return this.#seed();
      case "network":
        await this.#host.networks.ensure(step.request);
        return;
      case "port":
        return this.#port(step.nic);
      case "define":
        return this.#define(step.mark);
      case "live":
        return this.#live(step.delta, step.mark);
      case "start":
        return this.#start();
      case "pause":
        return hypervisor.setPaused(vmId, true);
      case "resume":
        return hypervisor.setPaused(vmId, false);
      case "save":
        return hypervisor.stop(vmId, "save");
      case "cut":
        return hypervisor.stop(vmId, "cut");
      case "ask-stop":
        return this.#askStop(step.timeoutMs, step.thenCut);
      case "reset":
        return hypervisor.reset(vmId);
      case "delete-volume":
        if (this.#kept.has(step.diskId)) return;
        for (const backend of this.#host.volumes.values()) await backend.deleteVolume(step.volumeId);
        return;
      case "delete-port":
        if (!this.#kept.has(step.nic.id)) await this.#host.network.deletePort(this.#portRequest(step.nic));
        return;
      case "mark":
        return hypervisor.setMark(vmId, step.mark, { live: false });
    }
  }

  async #start(): Promise<void> {
    const { hypervisor } = this.#host;
    const { vmId } = this.#order;
    this.#undo.add("start", async () => {
      const domain = await hypervisor.find(vmId);
      if (domain && isUp(domain.power)) await hypervisor.stop(vmId, "cut");
    });
    await hypervisor.start(vmId);
  }

  async #volume(disk: DiskDevice, grow: boolean, onProgress: (percent: number) => void): Promise<void> {
    const backend = this.#backendOf(disk);
    const sizeBytes = Number(disk.sizeGib) * GIB;
    const before = await backend.findVolume(disk.volumeId);
    const sourceId = disk.sourceVolumeId;
    // Copies of several disks belong together: one that an attempt before this one made is no good for the next either.
    if (!before || sourceId) {
      this.#undo.add(`volume ${disk.volumeId}`, async () => {
        // A domain that could not be undefined keeps its disks.
        if (!(await this.#host.hypervisor.find(this.#order.vmId))) await backend.deleteVolume(disk.volumeId);
      });
    }
    const volume =
      before ??
      (await backend.ensureVolume({
        volumeId: disk.volumeId,
        sizeBytes,
        imageId: disk.imageId,
        thick: disk.provisioning === Provisioning.THICK_LAZY || disk.provisioning === Provisioning.THICK_EAGER,
        ...(sourceId ? { copy: { sourceId, signal: this.#signal, onProgress } } : {}),
      }));
    if (grow && volume.sizeBytes < sizeBytes) await backend.growVolume(disk.volumeId, sizeBytes);
    this.#disks.set(disk.id, { disk, path: volume.path, format: volume.format });
  }

  async #seed(): Promise<void> {
    const { vmId, spec } = this.#order;
    const backends = [...this.#host.volumes.values()];
    for (const backend of backends) this.#seedPath ??= await backend.findSeed(vmId);
    const cloudInit = spec.provisioning?.cloudInit;
    if (this.#seedPath !== undefined || !cloudInit || cloudInit.consumed) return;
    const first = spec.disks[0];
    const backend = first ? this.#backendOf(first) : backends[0];
    if (!backend) throw problem(Reason.POOL_UNAVAILABLE, { pool: "local", cause: "this host has no storage pool" });
    this.#undo.add("seed", () => backend.deleteSeed(vmId));
    this.#seedPath = await backend.ensureSeed(vmId, seedFiles(this.#order));
  }

  async #port(nic: NetworkInterface): Promise<void> {
    const request = this.#portRequest(nic);
    this.#undo.add(`port ${nic.macAddress}`, () => this.#host.network.deletePort(request));
    const { bridge } = await this.#host.network.ensurePort(request);
    this.#nics.set(nic.id, { nic, bridge });
  }

  async #define(mark: DomainMark): Promise<void> {
    const { vmId, name, spec } = this.#order;
    const cdroms = [];
    for (const cdrom of spec.cdroms) cdroms.push({ cdrom, path: await this.#mediumPath(cdrom) });
    this.#undo.add("define", () => this.#host.hypervisor.undefine(vmId));
    await this.#host.hypervisor.define({
      vmId,
      name,
      mark,
      spec: hardwareOf(spec),
      disks: spec.disks.map((disk) => this.#attachment(disk)),
      cdroms,
      seedPath: this.#seedPath,
      nics: spec.nics.map((nic) => this.#plug(nic)),
    });
  }

  /** What the hypervisor cannot change live stays a difference between mark and live mark: it needs a restart. */
  async #live(delta: LiveDelta, mark: DomainMark): Promise<void> {
    const { hypervisor, log } = this.#host;
    const { vmId } = this.#order;
    try {
      await hypervisor.applyLive(vmId, await this.#liveChange(delta));
    } catch (cause) {
      if (!isProblem(cause, Reason.NEEDS_RESTART) && !isProblem(cause, Reason.UNSUPPORTED)) throw cause;
      log.info("a change waits for the next start", { vmId, change: delta.kind, err: cause });
      if (delta.kind === "detach-disk") this.#kept.add(delta.disk.id);
      if (delta.kind === "detach-nic") this.#kept.add(delta.nic.id);
      return;
    }
    if (this.#runs) this.#runs = applyDelta(this.#runs, delta);
    await hypervisor.setMark(vmId, { ...mark, spec: this.#runs }, { live: true });
  }

  async #liveChange(delta: LiveDelta): Promise<LiveChange> {
    switch (delta.kind) {
      case "attach-disk":
        return { kind: delta.kind, disk: this.#attachment(delta.disk) };
      case "resize-disk":
        return {
          kind: delta.kind,
          disk: this.#attachment(delta.disk),
          sizeBytes: Number(delta.disk.sizeGib) * GIB,
        };
      case "attach-nic":
        return { kind: delta.kind, nic: this.#plug(delta.nic) };
      case "media":
        return { kind: delta.kind, cdrom: { cdrom: delta.cdrom, path: await this.#mediumPath(delta.cdrom) } };
      default:
        return delta;
    }
  }

  async #askStop(timeoutMs: number, thenCut: boolean): Promise<void> {
    const { hypervisor, observer, clock } = this.#host;
    const { vmId, name } = this.#order;
    try {
      await stopGuest({ vmId, name, timeoutMs, hypervisor, observer, clock, signal: this.#signal });
    } catch (cause) {
      if (!thenCut || !isProblem(cause, Reason.GUEST_DID_NOT_STOP)) throw cause;
      await hypervisor.stop(vmId, "cut");
    }
  }

  #backendOf(disk: DiskDevice): VolumeBackend {
    const name = this.#order.pools.get(disk.storagePoolId) ?? disk.storagePoolId;
    const backend = this.#host.volumes.get(name);
    if (!backend) {
      throw problem(Reason.POOL_UNAVAILABLE, { pool: name || "(none)", cause: "this host has no such pool" });
    }
    return backend;
  }

  async #mediumPath(cdrom: CdromDevice): Promise<string | undefined> {
    if (!cdrom.imageId) return undefined;
    for (const backend of this.#host.volumes.values()) {
      const image = await backend.images.find(cdrom.imageId);
      if (image) return image.path;
    }
    throw problem(Reason.IMAGE_NOT_READY, { image: cdrom.imageId, phase: "not on this host" });
  }

  #attachment(disk: DiskDevice): DiskAttachment {
    const attachment = this.#disks.get(disk.id);
    if (!attachment) throw new Error(`disk ${disk.id} is to be attached before its volume was made`);
    return { ...attachment, disk };
  }

  #plug(nic: NetworkInterface): NicAttachment {
    const attachment = this.#nics.get(nic.id);
    if (!attachment) throw new Error(`interface ${nic.id} is to be attached before its port was made`);
    return { ...attachment, nic };
  }

  #portRequest(nic: NetworkInterface): PortRequest {
    const { vmId, name, spec } = this.#order;
    return portRequest({ vmId, nic, hostname: spec.provisioning?.cloudInit?.hostname || name });
  }
}

export function portRequest(options: { vmId: string; nic: NetworkInterface; hostname: string }): PortRequest {
  const { vmId, nic, hostname } = options;
  return { networkId: nic.networkId, vmId, nicId: nic.id, macAddress: nic.macAddress.toLowerCase(), hostname };
}
