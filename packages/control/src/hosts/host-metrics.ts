import { fromConnectError } from "@limiquantix/api";
import type { GetMetricsResponse } from "@limiquantix/api/daemon";
import { sleep, type Clock } from "@limiquantix/kit";
import type { HostClients } from "./host-clients.ts";

/** A measurement younger than this is good enough for another reader. */
const freshMs = 1000;

/** What hosts measure, fetched when somebody looks: readers of one host at one time share a call. */
export class HostMetrics {
  readonly #hosts: HostClients;
  readonly #clock: Clock;
  readonly #latest = new Map<string, { at: number; answer: Promise<GetMetricsResponse> }>();

  constructor(parts: { hosts: HostClients; clock: Clock }) {
    this.#hosts = parts.hosts;
    this.#clock = parts.clock;
  }

  /** Throws NODE_UNREACHABLE, or what the host answers. */
  get(nodeId: string): Promise<GetMetricsResponse> {
    const known = this.#latest.get(nodeId);
    if (known && this.#clock.now() - known.at < freshMs) return known.answer;
    const answer = this.#fetch(nodeId);
    this.#latest.set(nodeId, { at: this.#clock.now(), answer });
    answer.catch(() => this.#latest.delete(nodeId));
    return answer;
  }

  /** One measurement at once and one every `intervalMs`, until `signal` aborts. */
  async *stream(nodeId: string, intervalMs: number, signal: AbortSignal): AsyncGenerator<GetMetricsResponse> {
    while (!signal.aborted) {
      yield await this.get(nodeId);
      try {
        await sleep(this.#clock, intervalMs, { signal, background: true });
      } catch {
        return;
      }
    }
  }

  async #fetch(nodeId: string): Promise<GetMetricsResponse> {
    try {
      return await this.#hosts.client(nodeId).getMetrics({});
    } catch (error) {
      throw fromConnectError(error, "the host");
    }
  }
}
