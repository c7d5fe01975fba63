import { Channel } from "@limiquantix/kit";
import type { Cluster } from "@limiquantix/sim";
import type { ConsoleChannel, DialConsole } from "../api/console-channel.ts";

/** Consoles of the simulated datacenter, in this tab. */
export function dialCluster(ready: Promise<Cluster>): DialConsole {
  return (path) => new TabChannel(ready, path.replace(/^\/console\//, ""));
}

/** Behaves as a WebSocket to /console/<ticket>. */
class TabChannel implements ConsoleChannel {
  binaryType = "arraybuffer";
  readonly protocol = "binary";
  readyState: number = WebSocket.CONNECTING;
  onopen: ConsoleChannel["onopen"] = null;
  onmessage: ConsoleChannel["onmessage"] = null;
  onclose: ConsoleChannel["onclose"] = null;
  onerror: ConsoleChannel["onerror"] = null;
  readonly #input = new Channel<Uint8Array>();

  constructor(ready: Promise<Cluster>, ticket: string) {
    void this.#run(ready, ticket);
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    this.#input.push(data.slice());
  }

  close(): void {
    this.#input.end();
    // As with a WebSocket, the event comes later.
    this.readyState = WebSocket.CLOSING;
    setTimeout(() => this.#closed(1000), 0);
  }

  async #run(ready: Promise<Cluster>, ticket: string): Promise<void> {
    // Whoever made it sets its listeners first.
    const cluster = await ready;
    try {
      const open = cluster.control.controlPlane.openConsole(ticket);
      this.readyState = WebSocket.OPEN;
      this.onopen?.(new Event("open"));
      const output = async (bytes: Uint8Array) => {
        const data = bytes.slice().buffer;
        this.onmessage?.(new MessageEvent("message", { data }));
      };
      await open({ input: this.#input, output }, new AbortController().signal);
      this.#closed(1000);
    } catch (error) {
      this.#closed(1011, error instanceof Error ? error.message : "");
    }
  }

  #closed(code: number, reason = ""): void {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    this.onclose?.(new CloseEvent("close", { code, reason, wasClean: code === 1000 }));
  }
}
