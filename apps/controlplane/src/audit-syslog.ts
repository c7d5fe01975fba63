import { createSocket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { hostname } from "node:os";
import { connect as connectTls } from "node:tls";
import type { AuditRecord } from "@limiquantix/api";
import type { AuditSink } from "@limiquantix/control";
import { syslogMessage } from "./syslog-message.ts";

export interface SyslogTarget {
  protocol: "udp" | "tcp" | "tls";
  host: string;
  port: number;
  /** The authority of the receiver's certificate, PEM; undefined: the system's. */
  caFile: string | undefined;
}

const defaultPorts = { udp: 514, tcp: 514, tls: 6514 };
const timeoutMs = 10_000;
/** A receiver that does not close its side may not hold up the end of the control plane. */
const closingMs = 1_000;
/** Every receiver takes 2 KiB and most take 8 (RFC 5424, 6.1); more is cut to fit a datagram. */
const maxDatagram = 8_192;

/** udp://HOST, tcp://HOST:PORT, tls://HOST:PORT?ca=FILE. Undefined for anything else. */
export function parseSyslogTarget(text: string): SyslogTarget | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const protocol = (["udp", "tcp", "tls"] as const).find((known) => `${known}:` === url?.protocol);
  if (!url?.hostname || !protocol || !["", "/"].includes(url.pathname) || url.username) return undefined;
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = url.port === "" ? defaultPorts[protocol] : Number(url.port);
  return { protocol, host, port, caFile: url.searchParams.get("ca") ?? undefined };
}

/** Sends audit records to a syslog server: a datagram each (RFC 5426), or framed by length on one connection (RFC 6587, RFC 5425). */
export function syslogSink(target: SyslogTarget): AuditSink {
  return target.protocol === "udp" ? new DatagramSink(target) : new StreamSink(target);
}

class DatagramSink implements AuditSink {
  readonly name = "syslog";
  readonly #target: SyslogTarget;

  constructor(target: SyslogTarget) {
    this.#target = target;
  }

  async write(record: AuditRecord): Promise<void> {
    const { host, port } = this.#target;
    const message = syslogMessage(record, { hostname: hostname(), maxBytes: maxDatagram });
    // A socket of its own each: nothing is to be kept open for what happens now and then.
    const socket = createSocket(isIP(host) === 6 ? "udp6" : "udp4");
    try {
      await new Promise<void>((resolve, reject) => {
        socket.on("error", reject);
        socket.send(message, port, host, (error) => (error ? reject(error) : resolve()));
      });
    } catch (cause) {
      throw new Error(`send to syslog at ${host}`, { cause });
    } finally {
      socket.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Frames that a broken connection may have swallowed: they are sent again on the next one. */
const maxUnsure = 64;

class StreamSink implements AuditSink {
  readonly name = "syslog";
  readonly #target: SyslogTarget;
  #socket: Socket | undefined;
  /** The last ones that were given to a connection, of which nobody knows whether they came through. */
  #unsure: Buffer[] = [];

  constructor(target: SyslogTarget) {
    this.#target = target;
  }

  async write(record: AuditRecord, signal: AbortSignal): Promise<void> {
    const message = syslogMessage(record, { hostname: hostname(), maxBytes: Number.POSITIVE_INFINITY });
    const frame = Buffer.concat([Buffer.from(`${message.length} `), message]);
    const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      let socket = this.#socket;
      if (!socket) {
        socket = await this.#connect(within);
        for (const again of this.#unsure) await send(again, socket, within);
      }
      await send(frame, socket, within);
      this.#unsure = [...this.#unsure.slice(1 - maxUnsure), frame];
    } catch (cause) {
      // Half a frame may be out: the next begins on a connection of its own.
      this.#drop();
      throw new Error(`send to syslog at ${this.#target.host}`, { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    await new Promise<void>((resolve) => {
      socket.once("close", () => resolve());
      socket.setTimeout(closingMs, () => socket.destroy());
      socket.end();
    });
  }

  async #connect(signal: AbortSignal): Promise<Socket> {
    const { protocol, host, port, caFile } = this.#target;
    const ca = caFile && (await readFile(caFile));
    const secure = { host, port, ...(isIP(host) ? {} : { servername: host }), ...(ca ? { ca } : {}) };
    const socket = protocol === "tls" ? connectTls(secure) : connectTcp({ host, port });
    this.#socket = socket;
    // A receiver that goes away is noticed before the next record is given to the dead connection.
    for (const event of ["error", "end", "close"]) socket.on(event, () => this.#forget(socket));
    socket.resume();
    await until(signal, socket, (done) => socket.once(protocol === "tls" ? "secureConnect" : "connect", () => done()));
    return socket;
  }

  #forget(socket: Socket): void {
    if (this.#socket === socket) this.#socket = undefined;
  }

  #drop(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}

function send(frame: Buffer, socket: Socket, signal: AbortSignal): Promise<void> {
  return until(signal, socket, (done) => socket.write(frame, done));
}

/** Resolves when `start` calls back; rejects when the socket breaks before or `signal` aborts, and closes it then. */
function until(
  signal: AbortSignal,
  socket: Socket,
  start: (done: (error?: Error | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: unknown) => {
      signal.removeEventListener("abort", aborted);
      socket.off("error", end).off("close", closed);
      if (!error) return resolve();
      socket.destroy();
      reject(error instanceof Error ? error : new Error("the connection broke", { cause: error }));
    };
    const closed = () => end(new Error("the receiver closed the connection"));
    const aborted = () => end(signal.reason);
    socket.on("error", end).on("close", closed);
    signal.addEventListener("abort", aborted, { once: true });
    if (signal.aborted) aborted();
    else start((error) => end(error ?? undefined));
  });
}
