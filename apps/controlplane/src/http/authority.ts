import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { isLoopback } from "@limiquantix/kit";

const name = /^(?:\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::\d{1,5})?$/;

/**
 * The name that a request is for: Host, or `:authority`. Undefined when it has none, two that differ, or one that
 * cannot be a host's; then nothing may be built from it.
 */
export function authorityOf(request: IncomingMessage | Http2ServerRequest): string | undefined {
  const { host } = request.headers;
  const pseudo = "authority" in request ? request.authority : undefined;
  if (pseudo && host && pseudo !== host) return undefined;
  const authority = pseudo || host || "";
  if (!name.test(authority)) return undefined;
  const port = /:(\d+)$/.exec(authority.replace(/^\[.*\]/, ""))?.[1];
  return port === undefined || Number(port) < 65_536 ? authority : undefined;
}

/** Whether the request names this machine itself: localhost, 127.0.0.1, [::1]. */
export function namesThisMachine(request: IncomingMessage | Http2ServerRequest): boolean {
  return isLoopback((authorityOf(request) ?? "").replace(/:\d{1,5}$/, ""));
}
