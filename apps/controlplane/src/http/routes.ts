import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Code } from "@connectrpc/connect";
import { isProblem, toConnectError, type Problem } from "@limiquantix/api";
import type { Peer } from "@limiquantix/control";
import type { Log } from "@limiquantix/kit";
import { authorityOf, namesThisMachine } from "./authority.ts";
import type { Dashboard } from "./dashboard.ts";
import { urlBytes } from "./limits.ts";
import { peerOf } from "./peer.ts";

export interface RouteParts {
  rpc: (path: string) => RequestListener | undefined;
  version: string;
  ready: () => Promise<boolean>;
  /** Hosts that are READY: `npm start` waits for the first. */
  hostsReady: () => number;
  metrics: Route;
  openapi: () => string;
  /** Throws RATE_LIMITED: asked before what `more` has; /metrics and the RPCs ask by themselves. */
  admit: (request: { method: string; headers: Headers; peer: Peer }) => void;
  /** Paths that another part answers: logging in by way of an identity provider. */
  more?: ReadonlyMap<string, Route>;
  /** What browsers get where nothing else is. Its files cost less than asking whether they may be had. */
  dashboard?: Dashboard;
  tls: boolean;
  log: Log;
}

export type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** All that is asked for by HTTP: the RPCs, and the few plain paths beside them. */
export function routes(parts: RouteParts): RequestListener {
  const plain = plainRoutes(parts);
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = request.url ?? "";
    if (url.length > urlBytes) return sendJson(response, 414, refusal(`a URL has at most ${urlBytes} bytes`));
    if (authorityOf(request) === undefined) return sendJson(response, 400, refusal("the Host header names no host"));
    // Paths are compared as they were sent: what is encoded or climbs (`..`) names nothing.
    const path = url.split("?", 1)[0] ?? "";
    const rpc = parts.rpc(path);
    if (rpc) return rpc(request, response);
    const route = plain.get(path) ?? parts.dashboard?.(path, request);
    if (!route) return sendJson(response, 404, { code: "not_found", message: `there is nothing at ${path}` });
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return sendJson(response, 405, { code: "unimplemented", message: `${path} is only for reading` });
    }
    const isMore = parts.more?.has(path) ?? false;
    if (isMore) parts.admit({ method: `GET ${path}`, headers: new Headers(), peer: peerOf(request) });
    await route(request, response);
  };
  return (request, response) => {
    // A client that breaks off is nobody's error; unheard it would end the process. Connect's own listener goes with the
    // response, which may be before the request's error is emitted.
    const brokenOff = (cause: Error) => parts.log.debug("a client broke off", { err: cause });
    request.on("error", brokenOff);
    response.on("error", brokenOff);
    for (const [name, value] of Object.entries(strictHeaders)) response.setHeader(name, value);
    if (parts.tls && !namesThisMachine(request)) response.setHeader("strict-transport-security", "max-age=31536000");
    serve(request, response).catch((cause: unknown) => fail(parts.log, response, cause));
  };
}

function refusal(message: string): { code: string; message: string } {
  return { code: "invalid_argument", message };
}

/**
 * Nothing here is a page: no browser is to run, frame, cache or guess at it, and no other site's page may read it
 * (there are no CORS headers). A route that answers a page sets the policy that the page needs in place of these.
 */
const strictHeaders = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cache-control": "no-store",
};

function plainRoutes(parts: RouteParts): Map<string, Route> {
  return new Map<string, Route>([
    ["/health", (_, response) => sendJson(response, 200, { status: "ok", version: parts.version })],
    [
      "/ready",
      async (_, response) => {
        const ready = await parts.ready();
        sendJson(response, ready ? 200 : 503, { ready, hostsReady: ready ? parts.hostsReady() : 0 });
      },
    ],
    ["/openapi.json", (_, response) => send(response, 200, "application/json", parts.openapi())],
    ["/metrics", parts.metrics],
    ...(parts.more ?? []),
  ]);
}

function fail(log: Log, response: ServerResponse, cause: unknown): void {
  if (response.headersSent) return void response.destroy();
  if (!isProblem(cause)) {
    log.error("answer a request", { err: cause });
    return sendJson(response, 500, { code: "internal", message: "internal error" });
  }
  sendProblem(response, cause);
}

const statuses = new Map([
  [Code.Unauthenticated, 401],
  [Code.PermissionDenied, 403],
  [Code.NotFound, 404],
  [Code.ResourceExhausted, 429],
  [Code.Unavailable, 503],
]);

function sendProblem(response: ServerResponse, failure: Problem): void {
  const { code } = toConnectError(failure, "");
  const status = statuses.get(code) ?? 400;
  if (status === 401) response.setHeader("www-authenticate", "Bearer");
  if (status === 429) response.setHeader("retry-after", failure.params["seconds"] ?? "1");
  const name = Code[code].replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
  sendJson(response, status, { code: name, message: failure.message, tryThis: failure.tryThis });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, "application/json", `${JSON.stringify(body)}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
