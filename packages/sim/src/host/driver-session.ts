import { problem, Reason } from "@limiquantix/api";
import { sleep } from "@limiquantix/kit";
import { Lifetime } from "../lifetime.ts";
import type { SimHost } from "./sim-host.ts";

/** The drivers of one run of the daemon: when it is killed they fall silent, and the host's state stays. */
export class DriverSession {
  readonly host: SimHost;
  readonly life: Lifetime;

  constructor(host: SimHost, life: Lifetime) {
    this.host = host;
    this.life = life;
  }

  /** One operation of a driver. The daemon may be killed just before it takes effect, or just after. */
  async step<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    return this.life.step(this.#step(name, work));
  }

  /** One that goes through libvirt, which may be away. */
  async hypervisorStep<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    return this.step(name, () => {
      this.#assertLibvirt();
      return work();
    });
  }

  async #step<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    const { host } = this;
    if (host.faults.latencyMs > 0) await sleep(host.clock, host.faults.latencyMs);
    host.onStep(`before ${name}`);
    if (!this.life.alive) return never();
    const answer = await work();
    host.onStep(`after ${name}`);
    if (!this.life.alive) return never();
    // libvirt may go away between its work and its answer: the outcome is unknown to the caller.
    if (name.startsWith("hypervisor.")) this.#assertLibvirt();
    return answer;
  }

  #assertLibvirt(): void {
    if (!this.host.libvirtUp) throw problem(Reason.UNAVAILABLE, { what: "libvirt", why: "the connection was lost" });
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}
