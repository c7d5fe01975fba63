import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { trustedBy } from "../trust.ts";

/** Where and how one connection goes. */
export interface LdapAddress {
  /** ldaps://host:port, or ldap://host:port with startTls. */
  url: string;
  startTls: boolean;
  caPem: string;
}

/**
 * Connects to a directory over TLS and verifies whom it reached: nothing of LDAP but the request for TLS is said in the
 * clear. Throws the connection's own error; the abort of `signal` breaks it off.
 */
export async function openSecureSocket(address: LdapAddress, signal: AbortSignal): Promise<TLSSocket> {
  signal.throwIfAborted();
  const { protocol, hostname, port } = new URL(address.url);
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  const direct = protocol === "ldaps:";
  if (!direct && !(protocol === "ldap:" && address.startTls)) throw new Error(`${address.url} is without TLS`);
  const plain = connectTcp({ host, port: Number(port) || (direct ? 636 : 389) });
  const abort = () => void plain.destroy(asError(signal.reason));
  signal.addEventListener("abort", abort, { once: true });
  try {
    await event(plain, "connect");
    if (!direct) await startTls(plain);
    const secure = connectTls({
      socket: plain,
      host,
      // Names only: an address is no server name (RFC 6066, 3), and is compared with the certificate all the same.
      ...(isIP(host) === 0 && { servername: host }),
      secureContext: trustedBy(address.caPem),
      rejectUnauthorized: true,
    });
    await event(secure, "secureConnect");
    return secure;
  } catch (error) {
    plain.destroy();
    throw signal.aborted ? asError(signal.reason) : error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

const oid = "1.3.6.1.4.1.1466.20037";
/** LDAPMessage 1, [APPLICATION 23] ExtendedRequest, [0] requestName (RFC 4511, 4.12 and 4.14.1). */
const startTlsRequest = Buffer.concat([
  Buffer.from([0x30, oid.length + 7, 0x02, 0x01, 0x01, 0x77, oid.length + 2, 0x80, oid.length]),
  Buffer.from(oid),
]);

async function startTls(socket: Socket): Promise<void> {
  socket.write(startTlsRequest);
  const answer = await readMessage(socket);
  // messageID 1, [APPLICATION 24] ExtendedResponse with a short or long length, resultCode as its first element.
  const body = answer.subarray(headerLength(answer));
  const response = body.subarray(3);
  const isResponse = body.subarray(0, 3).equals(Buffer.from([0x02, 0x01, 0x01])) && response[0] === 0x78;
  const code = response.subarray(headerLength(response));
  if (!isResponse || code[0] !== 0x0a || code[1] !== 1) throw new Error("the answer to StartTLS is no LDAP");
  if (code[2] !== 0) throw new Error(`the directory refuses StartTLS (result code ${code[2]})`);
}

const mostAnswerBytes = 4096;

/** One BER message; what comes after it before TLS begins was put in by somebody on the way, and is refused. */
async function readMessage(socket: Socket): Promise<Buffer> {
  let read = Buffer.alloc(0);
  for (;;) {
    const chunk = await event<Buffer>(socket, "data");
    socket.pause();
    read = Buffer.concat([read, chunk]);
    if (read[0] !== 0x30 || read.length > mostAnswerBytes) throw new Error("the answer to StartTLS is no LDAP");
    const length = messageLength(read);
    if (length !== undefined && read.length > length)
      throw new Error("the directory sent more than its answer to StartTLS");
    if (read.length === length) return read;
    socket.resume();
  }
}

/** Undefined: not yet known. */
function messageLength(bytes: Buffer): number | undefined {
  const [, first] = bytes;
  if (first === undefined || bytes.length < headerLength(bytes)) return undefined;
  const header = headerLength(bytes);
  return header + (first < 0x80 ? first : bytes.readUIntBE(2, header - 2));
}

/** Of tag and length; a length of more than four bytes is none of ours. */
function headerLength(bytes: Buffer): number {
  const first = bytes[1] ?? 0;
  if (first < 0x80) return 2;
  const more = first & 0x7f;
  if (more === 0 || more > 4) throw new Error("the answer to StartTLS is no LDAP");
  return 2 + more;
}

/** Resolves at an event; rejects at the socket's error, and when it closes. */
function event<T = void>(socket: Socket, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const done = () => {
      socket.off(name, happened);
      socket.off("error", failed);
      socket.off("close", closed);
      // An error that comes later has nobody who waits for it, and must not end the process.
      socket.on("error", () => {});
    };
    const happened = (value: T) => (done(), resolve(value));
    const failed = (error: Error) => (done(), reject(error));
    const closed = () => (done(), reject(new Error("the other side closed the connection")));
    socket.on(name, happened);
    socket.on("error", failed);
    socket.on("close", closed);
    if (socket.isPaused()) socket.resume();
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
