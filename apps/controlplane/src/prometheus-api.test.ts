import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { prometheusApi } from "./prometheus-api.ts";

let server: Server;
let url: string;
let answer: RequestListener;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lqx-prometheus-api-"));
  server = createServer((request, response) => answer(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true });
});

const signal = new AbortController().signal;
const none = { tokenFile: undefined, basicAuthFile: undefined, caFile: undefined };
const ask = (more: Partial<Parameters<typeof prometheusApi>[0]> = {}) =>
  prometheusApi({ url, ...none, ...more }).ask("/api/v1/query_range", { query: 'a{b="ü&="}' }, signal);

test("a form goes to its path, with the secret as the file has it now", async () => {
  const seen: (string | undefined)[] = [];
  answer = (request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      seen.push(request.url, request.headers.authorization, new URLSearchParams(body).get("query") ?? "");
      response.end('{"status":"success"}');
    });
  };
  const tokenFile = join(directory, "token");
  await writeFile(tokenFile, "one\n");
  const options = { url: `${url}/prometheus/`, tokenFile };
  expect(await ask(options)).toBe('{"status":"success"}');
  await writeFile(tokenFile, "two\n");
  await ask(options);
  const path = "/prometheus/api/v1/query_range";
  expect(seen).toEqual([path, "Bearer one", 'a{b="ü&="}', path, "Bearer two", 'a{b="ü&="}']);
});

test("an error of its API is its answer; other statuses are told, and no redirect is followed", async () => {
  let paths = 0;
  const status = (code: number, text: string, headers = {}) => {
    answer = (_, response) => {
      paths++;
      response.writeHead(code, headers).end(text);
    };
  };
  status(422, '{"status":"error","error":"too many samples"}');
  expect(await ask()).toContain("too many samples");
  status(502, "<html>");
  await expect(ask()).rejects.toThrow("it answers HTTP 502");
  status(401, '{"status":"error"}');
  await expect(ask()).rejects.toThrow("other credentials");
  paths = 0;
  status(302, "", { location: `${url}/elsewhere` });
  await expect(ask()).rejects.toThrow("it answers HTTP 302");
  expect(paths).toBe(1);
});

test("what fails says why, and not where", async () => {
  answer = (request) => void request.socket.destroy();
  await expect(ask()).rejects.toThrow("the connection failed (ECONNRESET)");
  await expect(ask({ basicAuthFile: join(directory, "none") })).rejects.toThrow(
    "the file of its password cannot be read",
  );
  server.close();
  const failure = await ask().catch((cause: unknown) => String(cause));
  expect(failure).toContain("ECONNREFUSED");
  expect(failure).not.toContain("127.0.0.1");
});

test("an answer without an end is cut off", async () => {
  const block = Buffer.alloc(1024 * 1024, " ");
  answer = (_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(block));
    };
    response.on("drain", more);
    more();
  };
  await expect(ask()).rejects.toThrow("larger than 32 MiB");
});
