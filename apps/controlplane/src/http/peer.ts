import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { Peer } from "@limiquantix/control";
import { isLoopback } from "../config.ts";

/**
 * Where a request comes from. It counts as this machine's own only when nothing about it says otherwise: a page of a
 * foreign site that resolved its name to 127.0.0.1 (DNS rebinding) sends that name as Host or Origin, and a proxy on
 * this machine tells for whom it asks.
 */
export function peerOf(request: IncomingMessage | Http2ServerRequest): Peer {
  const address = request.socket.remoteAddress ?? "";
  const { headers } = request;
  const authority = ("authority" in request ? request.authority : undefined) || headers.host || "";
  const forwarded = headers["x-forwarded-for"] ?? headers["forwarded"] ?? headers["x-real-ip"];
  const { origin } = headers;
  const local =
    isLoopback(address) &&
    isLoopback(hostName(`http://${authority}`)) &&
    (origin === undefined || isLoopback(hostName(origin))) &&
    forwarded === undefined;
  return { address, loopback: local };
}

function hostName(url: string): string {
  try {
    return new URL(url).hostname;
  } catch {
    return "";
  }
}
