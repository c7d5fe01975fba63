import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { constants, createGzip } from "node:zlib";
import { problem, Reason } from "@limiquantix/api";
import { rootKey, type Access, type Caller, type Peer } from "@limiquantix/control";
import { accepts } from "./accepts.ts";
import { peerOf } from "./peer.ts";
import type { Route } from "./routes.ts";

type Asked = { method: string; headers: Headers; peer: Peer };

export interface MetricsRouteParts {
  /** Throws RATE_LIMITED. */
  admit: (asked: Asked) => void;
  /** Throws UNAUTHENTICATED and its like. */
  authenticate: (asked: Asked) => Caller;
  /** Of the control plane itself, for whoever has `metrics.view`. */
  own: () => Promise<string>;
  /** Of VMs, hosts and pools that may be seen, in blocks. */
  objects: (access: Access) => Iterable<string>;
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/, which every Prometheus reads. */
const contentType = "text/plain; version=0.0.4; charset=utf-8";

/**
 * GET /metrics. Whoever is logged in, or has an API token, gets what they may see (`vm.view`, `node.view`, `pool.view`),
 * and with `metrics.view` on the root what the control plane says of itself. Nobody else gets an answer.
 */
export function metricsRoute(parts: MetricsRouteParts): Route {
  return async (request, response) => {
    const asked = { method: "GET /metrics", headers: headersOf(request), peer: peerOf(request) };
    parts.admit(asked);
    const { access, principal } = parts.authenticate(asked);
    if (principal.kind === "nobody") throw problem(Reason.UNAUTHENTICATED, { why: "none was sent" });
    const seesOwn = access.can("metrics.view", [rootKey]);
    if (principal.kind === "node") {
      throw problem(Reason.PRIVILEGE_MISSING, { who: principal.name, privilege: "metrics.view", object: "the root" });
    }
    const own = seesOwn ? await parts.own() : "";
    const zip = accepts(request.headers["accept-encoding"]?.toString() ?? "", "gzip");
    response.writeHead(200, {
      "content-type": contentType,
      vary: "accept-encoding",
      ...(zip && { "content-encoding": "gzip" }),
    });
    if (request.method === "HEAD") return void response.end();
    const text = Readable.from(bytesOf(own, parts.objects(access)));
    if (zip) await pipeline(text, createGzip({ level: constants.Z_BEST_SPEED }), response);
    else await pipeline(text, response);
  };
}

/** Others have their turn between two blocks. */
async function* bytesOf(own: string, blocks: Iterable<string>): AsyncGenerator<Buffer> {
  if (own) yield Buffer.from(own.endsWith("\n") ? own : `${own}\n`);
  for (const block of blocks) {
    if (block) yield Buffer.from(block);
    await nextTurn();
  }
}

function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    // HTTP/2 has the likes of `:path` among its headers.
    if (value !== undefined && !name.startsWith(":")) headers.set(name, String(value));
  }
  return headers;
}
