import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { createWebSocketStream, WebSocket } from "ws";
import { pipeline } from "node:stream/promises";
import type { TlsOptions } from "../rpc/tls.ts";

export interface ConsoleForward extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Resolves when the last viewer that came has gone. Rejects with what the console of one was refused with. */
  readonly over: Promise<void>;
}

/**
 * Lets viewers that speak VNC over TCP come to a console: each connection to the port, which is open to this machine
 * alone, gets a WebSocket with a ticket of its own. One at a time: whoever comes while one is there is turned away.
 */
export async function forwardConsole(options: {
  port: number;
  /** A new address: the ticket in it is good once. */
  url: () => Promise<string>;
  tls: TlsOptions;
}): Promise<ConsoleForward> {
  const over = Promise.withResolvers<void>();
  over.promise.catch(() => {});
  let viewer: Socket | undefined;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (viewer) return socket.destroy();
    viewer = socket;
    join(socket, options).then(
      () => over.resolve(),
      (error: unknown) => over.reject(error),
    );
  });
  server.listen(options.port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    over: over.promise,
    async [Symbol.asyncDispose]() {
      viewer?.destroy();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

async function join(viewer: Socket, { url, tls }: { url: () => Promise<string>; tls: TlsOptions }): Promise<void> {
  try {
    const address = await url();
    const socket = new WebSocket(address, { ...(address.startsWith("wss:") ? tls : {}), perMessageDeflate: false });
    const console = createWebSocketStream(socket);
    await once(socket, "open").catch((cause: unknown) => {
      throw new Error("open the console", { cause });
    });
    // Either side may go at any moment, which is how a console ends.
    await Promise.race([pipeline(viewer, console), pipeline(console, viewer)]).catch(() => {});
    socket.close(1000);
    console.destroy();
  } finally {
    viewer.destroy();
  }
}
