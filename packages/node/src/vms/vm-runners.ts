import type { HostParts } from "./host-parts.ts";
import { VmRunner } from "./vm-runner.ts";

/** The runners of the VMs that are worked on; an idle VM has none. */
export class VmRunners {
  readonly #host: HostParts;
  readonly #runners = new Map<string, VmRunner>();

  constructor(host: HostParts) {
    this.#host = host;
  }

  get busy(): boolean {
    return this.#runners.values().some((runner) => runner.busy);
  }

  /** Hands the VM's runner to `work`, and forgets the runner once nothing is left in its queue. */
  use<T>(vmId: string, work: (runner: VmRunner) => T): T {
    const runner = this.#runners.get(vmId) ?? new VmRunner(vmId, this.#host);
    this.#runners.set(vmId, runner);
    try {
      return work(runner);
    } finally {
      void this.#forgetWhenIdle(vmId, runner);
    }
  }

  /** Ends all work at its next safe point and waits for it; the next daemon goes on from there. */
  async stop(reason: Error): Promise<void> {
    const runners = [...this.#runners.values()];
    for (const runner of runners) runner.cancel(reason);
    await Promise.all(runners.map((runner) => runner.idle()));
  }

  async #forgetWhenIdle(vmId: string, runner: VmRunner): Promise<void> {
    await runner.idle();
    if (!runner.busy && this.#runners.get(vmId) === runner) this.#runners.delete(vmId);
  }
}
