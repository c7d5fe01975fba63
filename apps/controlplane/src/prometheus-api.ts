import { readFile } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { PrometheusApi } from "@limiquantix/control";
import type { PrometheusConfig } from "./config.ts";

const timeoutMs = 12_000;
const mostBytes = 32 * 1024 * 1024;

/**
 * Asks a Prometheus by its HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/). The files with its
 * secrets and its authority are read for each question, so that they may be exchanged. No redirect is followed: it could
 * carry the secret elsewhere.
 */
export function prometheusApi(config: PrometheusConfig): PrometheusApi {
  return {
    async ask(path, form, signal) {
      const limit = AbortSignal.timeout(timeoutMs);
      try {
        const response = await post(
          config,
          { path, body: new URLSearchParams(form).toString() },
          AbortSignal.any([signal, limit]),
        );
        const text = await textOf(response);
        const { statusCode = 0 } = response;
        // Errors of its API are JSON, with 400, 422 and 503.
        if (statusCode === 200 || (statusCode !== 401 && /^\s*\{/.test(text))) return text;
        throw new Error(refused[statusCode] ?? `it answers HTTP ${statusCode}`);
      } catch (cause) {
        if (limit.aborted) throw new Error(`no answer within ${timeoutMs / 1000} s`, { cause });
        throw withoutAddress(cause);
      }
    },
  };
}

const refused: Readonly<Record<number, string>> = {
  401: "it wants other credentials (HTTP 401)",
  403: "it does not let us ask (HTTP 403)",
};

async function post(
  config: PrometheusConfig,
  { path, body }: { path: string; body: string },
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const url = new URL(config.url);
  url.pathname = url.pathname.replace(/\/*$/, path);
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    "content-length": Buffer.byteLength(body),
    accept: "application/json",
    ...(await authorization(config)),
  };
  const ca = config.caFile === undefined ? undefined : await contentOf(config.caFile, "its authority");
  return new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const request = send(url, { method: "POST", headers, signal, ...(ca === undefined ? {} : { ca }) }, resolve);
    request.on("error", reject);
    request.end(body);
  });
}

async function authorization({ tokenFile, basicAuthFile }: PrometheusConfig): Promise<{ authorization?: string }> {
  if (tokenFile !== undefined) return { authorization: `Bearer ${await contentOf(tokenFile, "its token")}` };
  if (basicAuthFile === undefined) return {};
  return { authorization: `Basic ${Buffer.from(await contentOf(basicAuthFile, "its password")).toString("base64")}` };
}

async function contentOf(file: string, what: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    throw new Error(`the file of ${what} cannot be read`, { cause });
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error(`its answer is larger than ${mostBytes / 1024 / 1024} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Whoever may see charts need not learn where Prometheus is. The cause has it, for the log. */
function withoutAddress(cause: unknown): unknown {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (!code) return cause;
  return new Error(reasons[code] ?? `the connection failed (${code})`, { cause });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens at its address (ECONNREFUSED)",
  ENOTFOUND: "its name is not known (ENOTFOUND)",
  EHOSTUNREACH: "there is no way to its address (EHOSTUNREACH)",
};
