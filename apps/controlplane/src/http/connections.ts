import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { connectionsMost, connectionsPerAddress } from "./limits.ts";
import { network } from "./rate-limit.ts";

/** A connection's window: one stream's for an upload, and room for others beside it. */
const sessionWindowBytes = 8 * 1024 * 1024;

/**
 * The connections of a server, so that it can end without waiting for those that are merely kept alive. Node's own
 * `closeIdleConnections` knows only what its own listener accepted, not what was handed over.
 */
export class Connections {
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #http2 = new WeakSet<Socket>();
  /** HTTP/1.1 connections with requests in progress. */
  readonly #serving = new Map<Socket, number>();
  readonly #byAddress = new Map<string, number>();
  #ending = false;

  /** Whether a new connection may stay; one too many, of all or of its address, is closed at once. */
  admit(socket: Socket): boolean {
    const address = network(socket.remoteAddress ?? "");
    const count = this.#byAddress.get(address) ?? 0;
    if (this.#sockets.size >= connectionsMost || count >= connectionsPerAddress) {
      socket.destroy();
      return false;
    }
    this.#byAddress.set(address, count + 1);
    socket.once("close", () => {
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#byAddress.set(address, left);
      else this.#byAddress.delete(address);
    });
    return true;
  }

  add(socket: Socket, isHttp2: boolean): void {
    if (isHttp2) this.#http2.add(socket);
    if (this.#sockets.has(socket)) return;
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#serving.delete(socket);
    });
  }

  addSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.setLocalWindowSize(sessionWindowBytes);
    session.once("close", () => this.#sessions.delete(session));
  }

  serving(request: IncomingMessage | Http2ServerRequest, response: ServerResponse): void {
    if (request.httpVersionMajor !== 1) return;
    const { socket } = request;
    this.#serving.set(socket, (this.#serving.get(socket) ?? 0) + 1);
    response.once("close", () => {
      const left = (this.#serving.get(socket) ?? 1) - 1;
      if (left > 0) return void this.#serving.set(socket, left);
      this.#serving.delete(socket);
      if (this.#ending) socket.end();
    });
  }

  /** Requests in progress are answered; what is idle ends now. */
  end(): void {
    this.#ending = true;
    for (const session of this.#sessions) session.close();
    for (const socket of this.#sockets) {
      if (!this.#http2.has(socket) && !this.#serving.has(socket)) socket.destroy();
    }
  }

  destroy(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }
}
