import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { fromConnectError, isProblem, Reason } from "@limiquantix/api";
import type { ConsolePeer } from "@limiquantix/control";
import { Channel, type Log } from "@limiquantix/kit";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import { authorityOf } from "./authority.ts";

type OpenConsole = (ticket: string) => (peer: ConsolePeer, signal: AbortSignal) => Promise<void>;

/** A screen's update fits; what a person types is far smaller. */
const mostBytes = 1024 * 1024;
const pingEveryMs = 30_000;

export interface ConsoleSocketParts {
  openConsole: OpenConsole;
  /** Throws RATE_LIMITED. */
  admit: (address: string) => void;
  log: Log;
  shutdown: AbortSignal;
}

/**
 * GET /console/<ticket> as a WebSocket: binary frames are the console's bytes in both directions, for serial and VNC
 * alike. The ticket is the only credential, and is used up before the connection is accepted; a page of another site
 * that got hold of one is refused all the same.
 */
export function consoleSocket(parts: ConsoleSocketParts) {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: mostBytes,
    perMessageDeflate: false,
    // noVNC asks for the subprotocol `binary`.
    handleProtocols: (offered) => (offered.has("binary") ? "binary" : false),
  });
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on("error", () => socket.destroy());
    const ticket = /^\/console\/([A-Za-z0-9_-]{43})$/.exec(request.url ?? "")?.[1];
    if (!ticket) return refuse(socket, "404 Not Found", "there is no such WebSocket");
    if (!isSameOrigin(request)) return refuse(socket, "403 Forbidden", "this is not for the pages of other sites");
    try {
      parts.admit(request.socket.remoteAddress ?? "");
      const connect = parts.openConsole(ticket);
      server.handleUpgrade(request, socket, head, (ws) => void serve(ws, connect, parts));
    } catch (cause) {
      const status = isProblem(cause, Reason.RATE_LIMITED) ? "429 Too Many Requests" : "401 Unauthorized";
      if (isProblem(cause)) return refuse(socket, status, cause.message);
      parts.log.error("open a console", { err: cause });
      refuse(socket, "500 Internal Server Error", "internal error");
    }
  };
}

async function serve(
  ws: WebSocket,
  connect: ReturnType<OpenConsole>,
  { log, shutdown }: Pick<ConsoleSocketParts, "log" | "shutdown">,
): Promise<void> {
  const input = new Channel<Uint8Array>({ limit: 4096 });
  const gone = new AbortController();
  let alive = true;
  ws.on("message", (data: RawData) => input.push(bytesOf(data)));
  ws.on("pong", () => (alive = true));
  ws.on("error", (cause) => log.debug("console connection", { err: cause }));
  ws.on("close", () => {
    input.end();
    gone.abort(new Error("the viewer went away"));
  });
  const ping = setInterval(() => {
    if (!alive) return ws.terminate();
    alive = false;
    ws.ping();
  }, pingEveryMs);
  const output = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => ws.send(bytes, (error) => (error ? reject(error) : resolve())));
  try {
    await connect({ input, output }, AbortSignal.any([gone.signal, shutdown]));
    // 1001: this server goes away; the viewer may come back with a new ticket.
    if (shutdown.aborted) ws.close(1001, "the control plane is being stopped");
    else ws.close(1000);
  } catch (cause) {
    const failure = fromConnectError(cause, "the console");
    log.warn("console broke off", { err: failure });
    // A reason has at most 123 bytes (RFC 6455, 5.5).
    ws.close(
      1011,
      Buffer.from(failure.message)
        .subarray(0, 120)
        .toString("utf8")
        .replace(/\uFFFD+$/, ""),
    );
  } finally {
    clearInterval(ping);
  }
}

/** Browsers say which site's page opens a WebSocket, and let every site do it; other clients say nothing. */
function isSameOrigin(request: IncomingMessage): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return true;
  try {
    return new URL(origin).host === new URL(`http://${authorityOf(request)}`).host;
  } catch {
    return false;
  }
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

function refuse(socket: Duplex, status: string, message: string): void {
  const body = `${JSON.stringify({ message })}\n`;
  const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
}
