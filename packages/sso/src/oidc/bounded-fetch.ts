import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import type { ConnectionOptions } from "node:tls";
import type { CustomFetch } from "openid-client";
import { trustedBy } from "../trust.ts";

/** Metadata, keys and claims are far below it. */
const mostBytes = 1024 * 1024;

/**
 * The platform's fetch knows no authority of one's own and no bound; this one reads at most 1 MiB, follows no redirect,
 * and goes without TLS to this machine alone.
 */
export function boundedFetch(caPem: string): CustomFetch {
  return async (url, { method, headers, body, signal }) => {
    const target = new URL(url);
    const secure = target.protocol === "https:";
    if (!secure && !isLoopback(target)) throw new Error(`${target.origin} is without TLS`);
    const options = { method, headers, agent: false as const, ...(signal && { signal }) };
    const request = secure ? requestHttps(target, { ...options, ...tlsOptions(caPem) }) : requestHttp(target, options);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once("response", resolve);
      request.on("error", reject);
      request.end(bodyText(body));
    });
    return readResponse(response, target);
  };
}

/** Given on to tls.connect; the types of node:https do not list it. */
function tlsOptions(caPem: string): ConnectionOptions {
  return { secureContext: trustedBy(caPem) };
}

/** OpenID Connect sends forms and nothing else. */
function bodyText(body: unknown): string {
  if (body === null || body === undefined) return "";
  if (typeof body === "string" || body instanceof URLSearchParams) return body.toString();
  throw new TypeError("a request to a provider is a form");
}

/** http is for a provider on this very machine (in tests, mostly). */
export function isLoopback({ protocol, hostname }: URL): boolean {
  return (
    protocol === "http:" && (hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname))
  );
}

async function readResponse(message: IncomingMessage, url: URL): Promise<Response> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) {
      message.destroy();
      throw new Error(`${url.origin} answers more than ${mostBytes / 1024 / 1024} MiB`);
    }
    chunks.push(chunk);
  }
  const status = message.statusCode ?? 502;
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  // These may have no body (Fetch Standard, "null body status").
  const body = [101, 204, 205, 304].includes(status) ? null : Buffer.concat(chunks);
  const response = new Response(body, { status, headers });
  Object.defineProperty(response, "url", { value: url.href });
  return response;
}
