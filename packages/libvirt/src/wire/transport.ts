import net from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";

/** Where libvirtd listens. */
export type Address =
  | { socket: string }
  | { host: string; port?: number }
  | { host: string; port?: number; tls: TlsOptions };

/** Mutual TLS; PEM texts. libvirt's own place for them is /etc/pki. */
export interface TlsOptions {
  ca: string | Buffer;
  cert: string | Buffer;
  key: string | Buffer;
  /** Name in the server's certificate, when it is not `host`. */
  servername?: string;
}

const TCP_PORT = 16_509;
const TLS_PORT = 16_514;
/** libvirtd sends this byte over TLS once it has accepted the client's certificate (virNetTLSSession). */
const TLS_ACCEPTED = 1;

/** Opens a byte stream to libvirtd; over TLS, one that the server has accepted. */
export async function openTransport(address: Address, signal?: AbortSignal): Promise<Duplex> {
  signal?.throwIfAborted();
  const socket = dial(address);
  const onAbort = () => socket.destroy(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await established(socket, "tls" in address ? "secureConnect" : "connect");
    if ("tls" in address) await accepted(socket);
    else socket.setNoDelay(true);
    return socket;
  } catch (cause) {
    socket.destroy();
    signal?.throwIfAborted();
    throw new Error(`connect to libvirtd at ${describeAddress(address)}`, { cause });
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

function describeAddress(address: Address): string {
  if ("socket" in address) return address.socket;
  const port = address.port ?? ("tls" in address ? TLS_PORT : TCP_PORT);
  return `${"tls" in address ? "tls" : "tcp"}://${address.host}:${port}`;
}

function dial(address: Address): net.Socket {
  if ("socket" in address) return net.connect(address.socket);
  if (!("tls" in address)) return net.connect(address.port ?? TCP_PORT, address.host);
  const { servername = address.host, ca, cert, key } = address.tls;
  return tls.connect({
    host: address.host,
    port: address.port ?? TLS_PORT,
    ca,
    cert,
    key,
    // An IP address may not be sent as server name (RFC 6066); the certificate is still checked against it.
    ...(net.isIP(servername) ? {} : { servername }),
  });
}

function established(socket: net.Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once(event, () => {
      socket.off("error", reject);
      resolve();
    });
  });
}

function accepted(socket: net.Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error) => {
      socket.off("readable", onReadable);
      socket.off("error", done);
      socket.off("close", onClose);
      if (error) reject(error);
      else resolve();
    };
    const onClose = () => done(new Error("libvirtd refused the client certificate"));
    const onReadable = () => {
      const byte: Buffer | null = socket.read(1);
      if (!byte) return;
      done(byte[0] === TLS_ACCEPTED ? undefined : new Error("libvirtd refused the client certificate"));
    };
    socket.on("readable", onReadable);
    socket.on("error", done);
    socket.on("close", onClose);
    onReadable();
  });
}
