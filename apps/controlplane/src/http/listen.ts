import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server as HttpServer,
  type ServerResponse,
} from "node:http";
import {
  createSecureServer,
  createServer as createHttp2Server,
  type Http2Server,
  type SecureServerOptions,
  type ServerHttp2Session,
} from "node:http2";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Connections } from "./connections.ts";
import { http1Limits, http2Limits, maxHeadersCount } from "./limits.ts";

export interface ListenOptions {
  host: string;
  port: number;
  /** Undefined: cleartext. */
  tls: TlsTerms | undefined;
  handle: RequestListener;
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** Which certificates a port shows, and how they are exchanged for others while it is open. */
export interface TlsTerms {
  /** Certificate, key, client certificates, by the name that a client asks for. */
  options: SecureServerOptions;
  /** Called once it is made; the server's context may be exchanged from then on. */
  opened: (server: { setSecureContext(options: SecureServerOptions): void }) => void;
}

export interface Listening extends AsyncDisposable {
  host: string;
  port: number;
  tls: boolean;
}

/** How long a connection may take to say its first word. */
const firstByteMs = 10_000;
/** How long requests in progress may take at the end. */
const graceMs = 5000;

/** One port that speaks HTTP/1.1 and HTTP/2: chosen by ALPN with TLS, by the connection's first bytes without. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const connections = new Connections();
  const { server, http1, http2 } = options.tls
    ? secureServers(options.tls, connections)
    : cleartextServers(connections);
  for (const each of new Set<HttpServer | Http2Server>([http1, http2])) {
    // The types of the two differ only in ways that a listener does not see.
    each.on("request", options.handle as never);
    each.on("upgrade", options.upgrade as never);
  }
  http1.maxHeadersCount = maxHeadersCount;
  http1.on("request", (request: IncomingMessage, response: ServerResponse) => connections.serving(request, response));
  http2.on("session", (session: ServerHttp2Session) => connections.addSession(session));

  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => reject(notOpened(options, cause)));
    server.listen(options.port, options.host, () => {
      server.removeAllListeners("error");
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;

  return {
    host: options.host,
    port,
    tls: options.tls !== undefined,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      connections.end();
      const late = setTimeout(() => connections.destroy(), graceMs);
      await closed;
      clearTimeout(late);
    },
  };
}

function notOpened({ host, port, tls }: ListenOptions, cause: NodeJS.ErrnoException): Error {
  const flag = tls ? "--https-listen" : "--listen";
  const why = cause.code === "EADDRINUSE" ? "another program has this port (EADDRINUSE)" : cause.message;
  const otherwise = tls ? `${flag} HOST:PORT, or ${flag} off` : `${flag} HOST:PORT`;
  return new Error(`cannot listen on ${host}:${port}: ${why}; choose another with ${otherwise}`, { cause });
}

function secureServers(tls: TlsTerms, connections: Connections) {
  const server = createSecureServer({
    ...tls.options,
    ...http1Limits,
    ...http2Limits,
    allowHTTP1: true,
    minVersion: "TLSv1.2",
  });
  tls.opened(server);
  server.setTimeout(0);
  // Before the handshake, which is what costs.
  server.prependListener("connection", (socket: Socket) => void connections.admit(socket));
  server.on("secureConnection", (socket) => connections.add(socket, socket.alpnProtocol === "h2"));
  // With allowHTTP1 it serves both.
  const both = server as unknown as Http2Server & HttpServer;
  return { server: both as Server, http1: both, http2: both };
}

function cleartextServers(connections: Connections) {
  const http1 = createHttpServer(http1Limits);
  const http2 = createHttp2Server(http2Limits);
  const server = createTcpServer((socket) => {
    if (!connections.admit(socket)) return;
    connections.add(socket, false);
    sniff(socket, (isHttp2) => {
      connections.add(socket, isHttp2);
      (isHttp2 ? http2 : http1).emit("connection", socket);
    });
  });
  return { server, http1, http2 };
}

/** An HTTP/2 client with prior knowledge begins with `PRI * HTTP/2.0` (RFC 9113, 3.4); no HTTP/1.1 request does. */
function sniff(socket: Socket, decide: (isHttp2: boolean) => void): void {
  let seen = Buffer.alloc(0);
  socket.setTimeout(firstByteMs, () => socket.destroy());
  const onData = (chunk: Buffer) => {
    seen = Buffer.concat([seen, chunk]);
    if (seen.length < 3 && "PRI".startsWith(seen.toString("latin1"))) return;
    socket.off("data", onData);
    socket.pause();
    socket.setTimeout(0);
    socket.removeAllListeners("timeout");
    socket.off("error", ignore);
    socket.unshift(seen);
    decide(seen.toString("latin1", 0, 3) === "PRI");
    process.nextTick(() => socket.resume());
  };
  socket.on("error", ignore);
  socket.on("data", onData);
}

/** A client that goes away before it said anything is nobody's error. */
function ignore(): void {}
