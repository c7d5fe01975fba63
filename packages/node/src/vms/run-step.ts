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
import type { HostPools } from "../pools/host-pools.ts";
import type { DiskSource } from "../ports/disk-source.ts";
import type { DiskAttachment, Domain, DomainMark, LiveChange, NicAttachment } from "../ports/hypervisor.ts";
import type { PortRequest } from "../ports/network-backend.ts";
import type { VolumeBackend, VolumeOrigin } from "../ports/volume-backend.ts";
import { findImage, fromOrigin } from "../volumes/volume-origin.ts";
import type { HostParts } from "./host-parts.ts";
import { deleteOldCopy, moveDisk, type DiskMove } from "./move-disk.ts";
import { isUp, type Step, type VmOrder } from "./plan-vm.ts";
import { applyDelta, hardwareOf, type LiveDelta } from "./spec-diff.ts";
import { declared, resumeGuest, startGuest } from "./start-guest.ts";
import { stopGuest } from "./stop-guest.ts";
import { attachDisk, attachDisks, backendIfOpen, detachDisks, misnamed, type PlacedDisk } from "./vm-disks.ts";

/** Carries out the steps of one order, and remembers for later steps what earlier ones made. */
export class StepRun {
  readonly #host: HostParts;
  readonly #order: VmOrder;
  readonly #undo: Rollback;
  readonly #signal: AbortSignal;
  readonly #disks = new Map<string, PlacedDisk>();
  readonly #nics = new Map<string, NicAttachment>();
  /** Devices that the running guest would not let go. */
  readonly #kept = new Set<string>();
  #seedSource: DiskSource | undefined;
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
      case "move":
        return this.#move(step.disk, onProgress);
      case "revert":
        return this.#revert(step.disk, step.snapshotId);
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
        return this.#start(step.memoryOf);
      case "pause":
        return hypervisor.setPaused(vmId, true);
      case "resume":
        return resumeGuest(this.#host, this.#order);
      case "save":
        return hypervisor.stop(vmId, "save");
      case "cut":
        return hypervisor.stop(vmId, "cut");
      case "ask-stop":
        return this.#askStop(step.timeoutMs, step.thenCut);
      case "reset":
        return hypervisor.reset(vmId);
      case "release":
        return this.#release(step.disk);
      case "delete-copy":
        return this.#deleteCopy(step.disk);
      case "delete-port":
        if (!this.#kept.has(step.nic.id)) await this.#host.network.deletePort(this.#portRequest(step.nic));
        return;
      case "mark":
        return hypervisor.setMark(vmId, step.mark, { live: false });
    }
  }

  /** Where the VM's disks are, of what this order has named so far. */
  get disks(): PlacedDisk[] {
    return [...this.#disks.values()];
  }

  async #start(memoryOf: string | undefined): Promise<void> {
    const { hypervisor } = this.#host;
    const { vmId } = this.#order;
    this.#undo.add("start", async () => {
      const domain = await hypervisor.find(vmId);
      if (domain && isUp(domain.power)) await hypervisor.stop(vmId, "cut");
    });
    await startGuest(this.#host, { vmId, disks: this.disks, memoryOf });
  }

  async #volume(disk: DiskDevice, grow: boolean, onProgress: (percent: number) => void): Promise<void> {
    const backend = this.#backendOf(disk);
    const sizeBytes = Number(disk.sizeGib) * GIB;
    const before = await backend.findVolume(disk.volumeId);
    if (disk.shared) {
      // It is made before any VM has it, and no VM's to make anew.
      if (!before) throw problem(Reason.NOT_FOUND, { kind: "volume", id: disk.volumeId });
      this.#disks.set(disk.id, { disk, backend });
      return;
    }
    // Copies of several disks belong together: one that an attempt before this one made is no good for the next either.
    if (!before || disk.sourceVolumeId) {
      this.#undo.add(`volume ${disk.volumeId}`, async () => {
        // A domain that could not be undefined keeps its disks.
        if (await this.#host.hypervisor.find(this.#order.vmId)) return;
        await backend.detach(disk.volumeId);
        await backend.deleteVolume(disk.volumeId);
      });
    }
    const make = (from: VolumeOrigin | undefined) =>
      backend.ensureVolume({
        volumeId: disk.volumeId,
        sizeBytes,
        thick: isThick(disk),
        from,
        signal: this.#signal,
        onProgress,
      });
    const names = {
      imageId: disk.imageId,
      sourceVolumeId: disk.sourceVolumeId,
      sourceSnapshotId: disk.sourceSnapshotId,
      linked: disk.sourceLinked,
      sourcePool: "",
    };
    const volume = before ?? (await fromOrigin(this.#host, { backend, names, signal: this.#signal }, make));
    if (grow && volume.sizeBytes < sizeBytes) await backend.growVolume(disk.volumeId, sizeBytes);
    this.#disks.set(disk.id, { disk, backend });
  }

  async #move(disk: DiskDevice, onProgress: (percent: number) => void): Promise<void> {
    const move = this.#moveOf(disk);
    await moveDisk(move, { signal: this.#signal, onProgress });
    this.#disks.set(disk.id, { disk, backend: move.to });
  }

  #moveOf(disk: DiskDevice): DiskMove {
    const from = this.#backendOf({ ...disk, storagePoolId: disk.movingFromPoolId });
    const { hypervisor } = this.#host;
    return { vmId: this.#order.vmId, disk, thick: isThick(disk), from, to: this.#backendOf(disk), hypervisor };
  }

  async #deleteCopy(disk: DiskDevice): Promise<void> {
    const move = this.#moveOf(disk);
    await deleteOldCopy(move);
    const domain = await this.#host.hypervisor.find(move.vmId);
    // A guest that runs has its seed open; what stays goes with the VM.
    if (move.from !== this.#seedHome && !(domain && isUp(domain.power))) await move.from.deleteSeed(move.vmId);
  }

  async #revert(disk: DiskDevice, snapshotId: string): Promise<void> {
    const backend = this.#backendOf(disk);
    if (!backend.snapshots) {
      const why = backend.capabilities.unsupported["snapshots"] ?? "its storage has none";
      throw problem(Reason.UNSUPPORTED, { what: `a snapshot in pool ${backend.pool}`, why });
    }
    await backend.snapshots.revert(disk.volumeId, snapshotId);
  }

  async #release(disk: DiskDevice): Promise<void> {
    const backend = backendIfOpen(this.#host.pools, disk);
    if (backend && !this.#kept.has(disk.id)) await detachDisks(this.#host.pools, [{ disk, backend }]);
  }

  async #seed(): Promise<void> {
    const { vmId, spec } = this.#order;
    const home = this.#seedHome;
    this.#seedSource = await home.ensureSeed(vmId, undefined);
    const cloudInit = spec.provisioning?.cloudInit;
    if (this.#seedSource !== undefined || !cloudInit) return;
    // Its secrets are gone once it was used: then it can only be where the first disk was before.
    const files = cloudInit.consumed ? await findSeed(this.#host.pools, vmId) : seedFiles(this.#order);
    if (!files) return;
    this.#undo.add("seed", () => home.deleteSeed(vmId));
    this.#seedSource = await home.ensureSeed(vmId, files);
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
    const { hypervisor } = this.#host;
    const disks = await attachDisks(this.disks);
    const domain = await hypervisor.find(vmId);
    const [other] = domain && isUp(domain.power) ? misnamed(domain, disks) : [];
    // The running guest is right: a definition that names another disk would start with other bytes the next time.
    if (other) throw new Error(`disk ${other.disk.id} of the running VM is ${domain?.sources.get(other.disk.id)}`);
    this.#undo.add("define", () => hypervisor.undefine(vmId));
    await hypervisor.define({
      vmId,
      name,
      mark,
      spec: hardwareOf(spec),
      disks,
      cdroms,
      seed: this.#seedSource,
      nics: spec.nics.map((nic) => this.#plug(nic)),
    });
  }

  /** What the hypervisor cannot change live stays a difference between mark and live mark: it needs a restart. */
  async #live(delta: LiveDelta, mark: DomainMark): Promise<void> {
    const { hypervisor, log } = this.#host;
    const { vmId } = this.#order;
    try {
      const change = await this.#liveChange(delta);
      if (change) await hypervisor.applyLive(vmId, change);
      if (delta.kind === "attach-disk") await this.#noteWriter(delta.disk);
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

  /** Of a disk that the running guest was given; it loses it again where the storage does not take note. */
  async #noteWriter(disk: DiskDevice): Promise<void> {
    const placed = this.disks.filter((it) => it.disk === disk);
    await attachDisks(declared(this.#host.pools, placed)).catch(async (cause: unknown) => {
      await this.#host.hypervisor.applyLive(this.#order.vmId, { kind: "detach-disk", disk });
      throw cause;
    });
  }

  /** Undefined: it is so already. */
  async #liveChange(delta: LiveDelta): Promise<LiveChange | undefined> {
    switch (delta.kind) {
      case "move-disk":
        return undefined;
      case "attach-disk":
        return { kind: delta.kind, disk: await this.#attachment(delta.disk) };
      case "resize-disk": {
        const sizeBytes = Number(delta.disk.sizeGib) * GIB;
        await this.#backendOf(delta.disk).growVolume(delta.disk.volumeId, sizeBytes, { live: true });
        return { kind: delta.kind, disk: await this.#attachment(delta.disk), sizeBytes };
      }
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

  /** With the first disk. */
  get #seedHome(): VolumeBackend {
    const [disk] = this.#order.spec.disks;
    const [own] = this.#host.pools.own;
    const home = disk ? this.#backendOf(disk) : own;
    if (!home) throw problem(Reason.POOL_UNAVAILABLE, { pool: "local", cause: "this host has no storage pool" });
    return home;
  }

  #backendOf({ storagePoolId }: { storagePoolId: string }): VolumeBackend {
    return this.#host.pools.get(this.#order.pools.get(storagePoolId) ?? storagePoolId);
  }

  async #mediumPath(cdrom: CdromDevice): Promise<string | undefined> {
    if (!cdrom.imageId) return undefined;
    const image = await findImage(this.#host.pools, cdrom.imageId);
    if (image) return image.path;
    throw problem(Reason.IMAGE_NOT_READY, { image: cdrom.imageId, phase: "not on this host" });
  }

  async #attachment(disk: DiskDevice): Promise<DiskAttachment> {
    const placed = this.#disks.get(disk.id);
    if (!placed) throw new Error(`disk ${disk.id} is to be attached before its volume was made`);
    return { disk, source: await attachDisk({ disk, backend: placed.backend }) };
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

function isThick({ provisioning }: DiskDevice): boolean {
  return provisioning === Provisioning.THICK_LAZY || provisioning === Provisioning.THICK_EAGER;
}

async function findSeed(pools: HostPools, vmId: string): Promise<ReadonlyMap<string, string> | undefined> {
  for (const backend of pools.open) {
    const files = await backend.readSeed(vmId).catch((cause: unknown) => {
      // A pool that the VM has no disk in may be away.
      if (!isProblem(cause, Reason.POOL_UNAVAILABLE)) throw cause;
    });
    if (files) return files;
  }
  return undefined;
}

export function portRequest(options: { vmId: string; nic: NetworkInterface; hostname: string }): PortRequest {
  const { vmId, nic, hostname } = options;
  return { networkId: nic.networkId, vmId, nicId: nic.id, macAddress: nic.macAddress.toLowerCase(), hostname };
}
