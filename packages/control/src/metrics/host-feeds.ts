import type { GetMetricsResponse } from "@limiquantix/api/daemon";
import { sleep, type Clock, type Log } from "@limiquantix/kit";
import type { HostClients } from "../hosts/host-clients.ts";

/** How often a host measures. */
export const measureEveryMs = 10_000;
const retryMs = 5000;

interface Parts {
  hosts: HostClients;
  clock: Clock;
  log: Log;
  measured: (nodeId: string, metrics: GetMetricsResponse) => void;
}

/** One calm stream of measurements from each host that can be reached. */
export class HostFeeds {
  readonly #parts: Parts;
  readonly #running = new Map<string, AbortController>();
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  hostReachable(nodeId: string): void {
    if (this.#stopped || this.#running.has(nodeId)) return;
    const stop = new AbortController();
    this.#running.set(nodeId, stop);
    void this.#follow(nodeId, stop.signal).finally(() => {
      if (this.#running.get(nodeId) === stop) this.#running.delete(nodeId);
    });
  }

  hostUnreachable(nodeId: string): void {
    this.#running.get(nodeId)?.abort(new Error("the host cannot be reached"));
    this.#running.delete(nodeId);
  }

  stop(): void {
    this.#stopped = true;
    for (const nodeId of this.#running.keys()) this.hostUnreachable(nodeId);
  }

  async #follow(nodeId: string, signal: AbortSignal): Promise<void> {
    const { hosts, clock, log, measured } = this.#parts;
    while (!signal.aborted && hosts.reachable(nodeId)) {
      try {
        const request = { intervalSec: measureEveryMs / 1000 };
        for await (const metrics of hosts.client(nodeId).streamMetrics(request, { signal })) {
          if (signal.aborted) return;
          measured(nodeId, metrics);
        }
      } catch (error) {
        if (!signal.aborted) log.debug("host: its measurements ended", { node: nodeId, err: error });
      }
      await sleep(clock, retryMs, { signal, background: true }).catch(() => {});
    }
  }
}
