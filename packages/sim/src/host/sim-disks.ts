import { type DiskDevice, problem, Reason, VmStatus_PowerState as PowerState } from "@limiquantix/api";
import { sleep } from "@limiquantix/kit";
import {
  type DiskAttachment,
  type DiskSource,
  type DiskWork,
  type LiveDisks,
  type LiveSnapshot,
  type LiveSnapshotResult,
  sourceName,
} from "@limiquantix/node";
import type { DriverSession } from "./driver-session.ts";
import { refused } from "./refused.ts";
import type { SimDomain, SimHost, SimLive } from "./sim-host.ts";
import type { SimStorage } from "./sim-storage.ts";
import { closeDisk, openDisk } from "./start-domain.ts";
import { contentsOf } from "./sim-volume.ts";

/** What is done to the disks of a simulated guest while it runs. */
export class SimDisks implements LiveDisks {
  readonly #session: DriverSession;
  readonly #host: SimHost;

  constructor(session: DriverSession) {
    this.#session = session;
    this.#host = session.host;
  }

  async snapshot(vmId: string, request: LiveSnapshot): Promise<LiveSnapshotResult> {
    const { switchTo, beneath, memoryPath, quiesce } = request;
    const ran = await this.#step("freeze", () => {
      const { domain, live } = this.#running(vmId);
      if (live.guest.paused) return false;
      this.#setPaused(domain, live, true);
      return true;
    });
    try {
      await beneath();
      await this.#step("switch", () => {
        const { domain, live } = this.#running(vmId);
        for (const { disk, source } of switchTo) {
          const { layer } = this.#disk(vmId, live, disk.id);
          const next = this.#host.findDisk(source)?.layer;
          if (!next || next === layer) throw refused("snapshot", vmId, `disk ${disk.id} cannot go on in that file`);
        }
        if (memoryPath !== undefined) memoryAt(this.#host, memoryPath).memory.set(memoryPath, { vmId });
        for (const { disk, source } of switchTo) this.#name(domain, live, { disk, source });
      });
    } finally {
      // A daemon that dies in between leaves the guest paused, for the next one to find.
      const domain = this.#host.domains.get(vmId);
      if (ran && domain?.live) this.#setPaused(domain, domain.live, false);
    }
    const agent = !this.#host.domains.get(vmId)?.live?.spec.agent?.disabled;
    return {
      pausedMs: ran ? 5 : 0,
      quiesced: quiesce && ran && agent,
      quiesceMessage: quiesce && !(ran && agent) ? "no agent answers in the guest" : "",
    };
  }

  #setPaused(domain: SimDomain, live: SimLive, paused: boolean): void {
    live.guest.setPaused(paused);
    domain.power = paused ? PowerState.PAUSED : PowerState.RUNNING;
    this.#host.changed(domain.vmId);
  }

  async merge(
    vmId: string,
    { disk, top, base, active }: Parameters<LiveDisks["merge"]>[1],
    work: DiskWork,
  ): Promise<void> {
    this.#disk(vmId, this.#running(vmId).live, disk.id);
    await this.#strides("merge", work);
    await this.#step("merge", () => {
      const { domain, live } = this.#running(vmId);
      const { volume, layer } = this.#disk(vmId, live, disk.id);
      const below = volume.layers.get(base);
      if (!below) throw refused("merge", vmId, `no layer ${base}`);
      if (layer === below || !volume.layers.has(top)) return;
      volume.merge(top, base);
      if (active) this.#name(domain, live, { disk, source: below.source });
    });
  }

  async copy(vmId: string, { disk, to }: Parameters<LiveDisks["copy"]>[1], work: DiskWork): Promise<void> {
    const arrived = await this.#step("copy-begin", () => this.#beginCopy(vmId, { disk, to }));
    if (arrived) return;
    try {
      await this.#strides("copy", work);
    } catch (error) {
      // Without libvirt this fails as well, and the copy goes on.
      await this.endCopy(vmId, disk).catch(() => {});
      throw error;
    }
    await this.#step("copy", () => {
      const { domain, live } = this.#running(vmId);
      const from = this.#disk(vmId, live, disk.id);
      const target = this.#host.findDisk(to);
      if (!target || !live.copies.delete(disk.id)) throw refused("copy", vmId, "the copy failed");
      target.layer.blocks.clear();
      for (const [block, value] of contentsOf(from.layer)) target.layer.blocks.set(block, value);
      closeDisk(this.#host, live, { vmId, diskId: disk.id });
      openDisk(this.#host, live, { vmId, diskId: disk.id, source: to });
      this.#name(domain, live, { disk, source: to });
    });
  }

  copying(vmId: string, disk: DiskDevice): Promise<string | undefined> {
    return this.#step("copying", () => {
      const to = this.#running(vmId).live.copies.get(disk.id);
      return to && sourceName(to);
    });
  }

  endCopy(vmId: string, disk: DiskDevice): Promise<void> {
    return this.#step("end-copy", () => this.#endCopy(vmId, this.#running(vmId).live, disk));
  }

  /** True: the guest has it already. */
  #beginCopy(vmId: string, { disk, to }: { disk: DiskDevice; to: DiskSource }): boolean {
    const { live } = this.#running(vmId);
    const from = this.#disk(vmId, live, disk.id);
    const target = this.#host.findDisk(to);
    if (!target) throw refused("copy", vmId, "the copy's target is not there");
    if (target.layer === from.layer) return true;
    const before = live.copies.get(disk.id);
    if (before && sourceName(before) !== sourceName(to)) this.#endCopy(vmId, live, disk);
    live.copies.set(disk.id, to);
    target.storage.open(target.volume.volumeId, `${this.#host.name}/${vmId}`);
    return false;
  }

  #endCopy(vmId: string, live: SimLive, disk: DiskDevice): void {
    const to = live.copies.get(disk.id);
    const target = to && this.#host.findDisk(to);
    live.copies.delete(disk.id);
    target?.storage.writers.get(target.volume.volumeId)?.delete(`${this.#host.name}/${vmId}`);
  }

  redirect(vmId: string, disks: readonly DiskAttachment[]): Promise<void> {
    return this.#step("redirect", () => {
      const domain = this.#host.domains.get(vmId);
      if (!domain?.definition) throw problem(Reason.NOT_FOUND, { kind: "domain", id: vmId });
      if (domain.live) throw refused("redirect", vmId, "domain is running");
      const there = new Set(domain.definition.disks.map(({ disk }) => disk.id));
      for (const { disk } of disks) if (!there.has(disk.id)) throw refused("redirect", vmId, `no disk ${disk.id}`);
      const told = new Map(disks.map(({ disk, source }) => [disk.id, source]));
      const redirected = domain.definition.disks.map((it) => ({ ...it, source: told.get(it.disk.id) ?? it.source }));
      domain.definition = { ...domain.definition, disks: redirected };
      this.#host.changed(vmId);
    });
  }

  #name(domain: SimDomain, live: SimLive, { disk, source }: { disk: { id: string }; source: DiskSource }): void {
    live.sources.set(disk.id, source);
    if (!domain.definition) return;
    const disks = domain.definition.disks.map((it) => (it.disk.id === disk.id ? { ...it, source } : it));
    domain.definition = { ...domain.definition, disks };
  }

  #disk(vmId: string, live: SimLive, diskId: string) {
    const source = live.sources.get(diskId);
    const found = source && this.#host.findDisk(source);
    if (!found) throw refused("change", vmId, `no disk ${diskId}`);
    return found;
  }

  #running(vmId: string): { domain: SimDomain; live: SimLive } {
    const domain = this.#host.domains.get(vmId);
    if (!domain) throw problem(Reason.NOT_FOUND, { kind: "domain", id: vmId });
    if (!domain.live) throw refused("change", vmId, "domain is not running");
    return { domain, live: domain.live };
  }

  async #strides(name: string, { signal, onProgress }: DiskWork): Promise<void> {
    for (let percent = 0; percent < 100; percent += 25) {
      signal.throwIfAborted();
      await this.#step(`${name}-stride`, async () => {
        if (this.#host.copyMs > 0) await sleep(this.#host.clock, this.#host.copyMs / 4);
      });
      onProgress(percent + 25);
    }
    signal.throwIfAborted();
  }

  #step<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    return this.#session.hypervisorStep(`hypervisor.disk-${name}`, work);
  }
}

function memoryAt(host: SimHost, path: string): SimStorage {
  const [, pool] = /^\/sim\/([^/]+)\/memory\//.exec(path) ?? [];
  return (pool !== undefined && host.storages.get(pool)) || host.storage;
}
