import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Code } from "@connectrpc/connect";
import { isProblem, Problem, toConnectError } from "@limiquantix/api";
import type { Peer } from "@limiquantix/control";
import type { Log } from "@limiquantix/kit";
import { peerOf } from "./peer.ts";

export interface RouteParts {
  rpc: (path: string) => RequestListener | undefined;
  version: string;
  ready: () => Promise<boolean>;
  /** Hosts that are READY: `npm start` waits for the first. */
  hostsReady: () => number;
  metrics: () => Promise<{ type: string; text: string }>;
  openapi: () => string;
  /** Throws a Problem for who may not see the metrics. */
  authenticate: (request: { method: string; authorization: string | null; peer: Peer }) => unknown;
  tls: boolean;
  log: Log;
}

type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** All that is asked for by HTTP: the RPCs, and the few plain paths beside them. */
export function routes(parts: RouteParts): RequestListener {
  const plain = plainRoutes(parts);
  return (request, response) => {
    for (const [name, value] of Object.entries(strictHeaders)) response.setHeader(name, value);
    if (parts.tls) response.setHeader("strict-transport-security", "max-age=31536000");
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    const rpc = parts.rpc(path);
    if (rpc) return rpc(request, response);
    const route = plain.get(path);
    if (!route) return sendJson(response, 404, { code: "not_found", message: `there is nothing at ${path}` });
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return sendJson(response, 405, { code: "unimplemented", message: `${path} is only for reading` });
    }
    Promise.resolve(route(request, response)).catch((cause: unknown) => fail(parts.log, response, cause));
  };
}

/** Nothing here is a page: no browser is to run, frame, cache or guess at it. */
const strictHeaders = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
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
    [
      "/metrics",
      async (request, response) => {
        const authorization = request.headers.authorization ?? null;
        await parts.authenticate({ method: "GET /metrics", authorization, peer: peerOf(request) });
        const { type, text } = await parts.metrics();
        send(response, 200, type, text);
      },
    ],
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

function sendProblem(response: ServerResponse, problem: Problem): void {
  const denied = toConnectError(problem, "").code === Code.PermissionDenied;
  if (!denied) response.setHeader("www-authenticate", "Bearer");
  const body = {
    code: denied ? "permission_denied" : "unauthenticated",
    message: problem.message,
    tryThis: problem.tryThis,
  };
  sendJson(response, denied ? 403 : 401, body);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, "application/json", `${JSON.stringify(body)}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
