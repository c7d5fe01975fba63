import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";

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
  #ending = false;

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
