import type { GuestBehaviour } from "./host/sim-guest.ts";
import type { SimHost } from "./host/sim-host.ts";
import type { SimDaemon } from "./sim-daemon.ts";

/** A host of a cluster, and what can happen to it. */
export class ClusterHost {
  readonly host: SimHost;
  readonly daemon: SimDaemon;

  constructor(host: SimHost, daemon: SimDaemon) {
    this.host = host;
    this.daemon = daemon;
  }

  get name(): string {
    return this.host.name;
  }

  /** Its id in the control plane. */
  get nodeId(): string {
    return this.daemon.nodeId;
  }

  startDaemon(): Promise<void> {
    return this.daemon.start();
  }

  stopDaemon(): Promise<void> {
    return this.daemon.stop();
  }

  /** As kill -9: guests run on. */
  killDaemon(): void {
    this.daemon.kill();
  }

  /** The plug is pulled: the daemon and all guests are gone at once. */
  powerOff(): void {
    this.daemon.kill();
    this.daemon.link.cut("the host is down");
    this.host.crash();
  }

  async powerOn(): Promise<void> {
    this.daemon.link.heal();
    await this.daemon.start();
  }

  /** Between this host and the control plane; guests run on. */
  cutNetwork(): void {
    this.daemon.link.cut();
  }

  healNetwork(): void {
    this.daemon.link.heal();
  }

  /** libvirtd ends, and is back after `downMs`; guests run on. */
  restartLibvirt(options: { downMs?: number } = {}): void {
    if (!this.host.libvirtUp) return;
    this.host.stopLibvirt();
    this.host.clock.after(options.downMs ?? 500, () => this.host.startLibvirt());
  }

  /** Each operation on the pool takes this long; 0: as usual. */
  slowDisk(ms: number): void {
    this.host.faults.slowDiskMs = ms;
  }

  fillDisk(full: boolean): void {
    this.host.faults.diskFull = full;
  }

  /** How guests behave here, from their next start on: all, or one VM's. */
  guests(behaviour: Partial<GuestBehaviour>, vmId?: string): void {
    if (vmId) this.host.behaviours.set(vmId, behaviour);
    else this.host.guests = { ...this.host.guests, ...behaviour };
  }
}
