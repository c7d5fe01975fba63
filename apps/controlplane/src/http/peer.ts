import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { TLSSocket } from "node:tls";
import type { Peer, PeerCertificate } from "@limiquantix/control";
import { isLoopback } from "@limiquantix/kit";
import { namesThisMachine } from "./authority.ts";

/**
 * Where a request comes from. It counts as this machine's own only when nothing about it says otherwise: a page of a
 * foreign site that resolved its name to 127.0.0.1 (DNS rebinding) sends that name as Host or Origin, and a proxy on
 * this machine tells for whom it asks.
 */
export function peerOf(request: IncomingMessage | Http2ServerRequest): Peer {
  const { headers, socket } = request;
  const address = socket.remoteAddress ?? "";
  const forwarded = headers["x-forwarded-for"] ?? headers["forwarded"] ?? headers["x-real-ip"];
  const { origin } = headers;
  const local =
    isLoopback(address) &&
    namesThisMachine(request) &&
    (origin === undefined || isLoopback(hostName(origin))) &&
    forwarded === undefined;
  return { address, loopback: local, tls: "encrypted" in socket, certificate: certificateOf(request) };
}

/** A connection proves its certificate once, a request asks for it each time. */
const proven = new WeakMap<object, PeerCertificate | false>();

/** The certificate that the handshake proved and that our own authority signed: `authorized` is TLS's own verdict. */
function certificateOf(request: IncomingMessage | Http2ServerRequest): PeerCertificate | undefined {
  const socket = "stream" in request ? (request.stream.session?.socket ?? request.socket) : request.socket;
  const tls = "encrypted" in socket ? (socket as TLSSocket) : undefined;
  if (!tls?.authorized) return undefined;
  const known = proven.get(request.socket);
  if (known !== undefined) return known || undefined;
  const { serialNumber, fingerprint256, subjectaltname } = tls.getPeerCertificate();
  const found = serialNumber && {
    serial: serialNumber.toLowerCase(),
    fingerprint: fingerprint256.replaceAll(":", "").toLowerCase(),
    uris: (subjectaltname ?? "").split(", ").flatMap((entry) => (entry.startsWith("URI:") ? [entry.slice(4)] : [])),
  };
  proven.set(request.socket, found || false);
  return found || undefined;
}

function hostName(url: string): string {
  try {
    return new URL(url).hostname;
  } catch {
    return "";
  }
}
