import { ConnectError, Code, type Client } from "@connectrpc/connect";
import type { LoadBatch, MetricsService } from "@limiquantix/api";
import { backoffMs } from "@limiquantix/kit";
import type { Load, Loads } from "./loads.ts";

const retry = { baseMs: 500, maxMs: 15_000 };
/** From one page to the next the stream stays. */
const lingerMs = 5000;
const mib = 1024 * 1024;

/** The stream of loads of one control plane, open while somebody looks. */
export class LoadsFeed {
  readonly #client: Client<typeof MetricsService>;
  readonly #listeners = new Set<() => void>();
  #run: AbortController | undefined;
  #leaving: ReturnType<typeof setTimeout> | undefined;
  vms: Loads = new LoadTable().loads();
  nodes: Loads = new LoadTable().loads();

  constructor(client: Client<typeof MetricsService>) {
    this.#client = client;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    clearTimeout(this.#leaving);
    this.#listeners.add(listener);
    if (!this.#run) void this.#follow((this.#run = new AbortController()).signal);
    return () => {
      this.#listeners.delete(listener);
      clearTimeout(this.#leaving);
      if (this.#listeners.size === 0) this.#leaving = setTimeout(() => this.#stop(), lingerMs);
    };
  };

  #stop(): void {
    if (this.#listeners.size > 0) return;
    this.#run?.abort();
    this.#run = undefined;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      // Numbers stand for ids within one stream only.
      const [vms, nodes] = [new LoadTable(), new LoadTable()];
      try {
        for await (const update of this.#client.watchLoads({}, { signal })) {
          failures = 0;
          if (vms.apply(update.vms)) this.vms = vms.loads();
          if (nodes.apply(update.nodes)) this.nodes = nodes.loads();
          for (const listener of this.#listeners) listener();
        }
      } catch (error) {
        const { code } = ConnectError.from(error);
        if (code === Code.Unauthenticated || code === Code.PermissionDenied || code === Code.Unimplemented) {
          if (!signal.aborted) this.#run = undefined;
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, backoffMs(++failures, retry)));
    }
  }
}

/** What one stream has told so far. */
export class LoadTable {
  readonly #ids: string[] = [];
  readonly #loads = new Map<string, Load>();

  /** Whether anything changed. */
  apply(batch: LoadBatch | undefined): boolean {
    if (!batch) return false;
    for (let at = 0; at + 16 <= batch.ids.length; at += 16) this.#ids.push(uuid(batch.ids.subarray(at, at + 16)));
    for (const [i, number] of batch.index.entries()) {
      const id = this.#ids[number];
      const load = { cpuPercent: (batch.cpu[i] ?? 0) / 10, memoryUsedBytes: (batch.memory[i] ?? 0) * mib };
      if (id !== undefined) this.#loads.set(id, load);
    }
    for (const number of batch.gone) this.#loads.delete(this.#ids[number] ?? "");
    return batch.index.length + batch.gone.length > 0;
  }

  /** Another object each time: that is how React sees a change. */
  loads(): Loads {
    return { of: (id) => this.#loads.get(id) };
  }
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function uuid(bytes: Uint8Array): string {
  let text = "";
  for (const [i, byte] of bytes.entries()) text += (i === 4 || i === 6 || i === 8 || i === 10 ? "-" : "") + hex[byte];
  return text;
}
