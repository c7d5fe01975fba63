import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { Code } from "@connectrpc/connect";
import { ImageService, TaskService } from "@limiquantix/api";
import { fullAccess, noAccess, type Caller } from "@limiquantix/control";
import { silentLog } from "@limiquantix/kit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listen, type Listening } from "./listen.ts";
import { metricsRoute } from "./metrics.ts";
import { rateGate } from "./rate-interceptors.ts";
import { RateLimits } from "./rate-limit.ts";
import { routes } from "./routes.ts";
import { rpcHandler } from "./rpc-handler.ts";

const limits = new RateLimits({ signedIn: undefined, strangers: { perSecond: 0.001, burst: 1000 } });
const strict = new RateLimits({ signedIn: undefined, strangers: { perSecond: 0.5, burst: 2 } });
const callers: Record<string, Caller> = {
  admin: { principal: { kind: "user", id: "1", name: "admin", tokenId: "t" }, access: fullAccess },
  host: { principal: { kind: "node", id: "3", name: "hv-1" }, access: noAccess },
  tenant: { principal: { kind: "user", id: "2", name: "tenant", tokenId: "u" }, access: noAccess },
};
const stop = new AbortController();
let usual: Listening;
let stingy: Listening;

async function start(with_: RateLimits): Promise<Listening> {
  const { listener: rpc } = rpcHandler({
    routes(router) {
      router.service(TaskService, { getTask: ({ id }) => ({ id }) });
      router.service(ImageService, { uploadImage: async () => ({}) });
    },
    interceptors: [],
    gate: rateGate(with_),
    log: silentLog,
    shutdown: stop.signal,
  });
  const handle = routes({
    rpc,
    version: "test",
    ready: async () => true,
    hostsReady: () => 0,
    metrics: metricsRoute({
      own: async () => "figures",
      objects: (access) => (access === fullAccess ? ["of all", " VMs\n"] : ["of none\n"]),
      authenticate: ({ headers }) =>
        callers[headers.get("authorization") ?? ""] ?? {
          principal: { kind: "nobody", id: "", name: "nobody" },
          access: noAccess,
        },
      admit: (request) => with_.admit(request),
    }),
    openapi: () => "{}",
    admit: (request) => with_.admit(request),
    tls: false,
    log: silentLog,
  });
  return listen({ host: "127.0.0.1", port: 0, tls: undefined, handle, upgrade: (_, socket) => socket.destroy() });
}

beforeAll(async () => {
  usual = await start(limits);
  stingy = await start(strict);
});

afterAll(async () => {
  stop.abort();
  await Promise.all([usual, stingy].map((each) => each[Symbol.asyncDispose]()));
});

const getTask = "/limiquantix.ops.v1.TaskService/GetTask";
const json = { "content-type": "application/json" };

async function post(path: string, body: BodyInit, headers: Record<string, string> = json, server = usual) {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: "POST", headers, body });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

/** What the server says to these bytes, until it closes. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(usual.port, "127.0.0.1", () => socket.write(text));
    socket.setEncoding("latin1");
    socket.on("data", (data: string) => (answer += data));
    socket.on("close", () => resolve(answer));
    // It is reset when it goes on sending.
    socket.on("error", (error) => (answer ? resolve(answer) : reject(error)));
  });
}

test("messages beyond the limit are refused: by their length, while they stream, and after decompression", async () => {
  const big = JSON.stringify({ id: "x".repeat(1_100_000) });
  expect(await post(getTask, big)).toMatchObject({ status: 429, text: expect.stringContaining("resource_exhausted") });
  const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20));
  expect(await post(getTask, bomb, { ...json, "content-encoding": "gzip" })).toMatchObject({
    status: 429,
    text: expect.stringContaining("after decompression"),
  });
  const chunked = `POST ${getTask} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const piece = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  expect(await raw(chunked + piece.repeat(40))).toContain("larger than configured");
});

test("what does not decode is the caller's fault", async () => {
  const cases: [BodyInit, Record<string, string>][] = [
    ["[".repeat(900_000), json],
    ['{"id":"a","id":"b"}', json],
    [new Uint8Array([0x7b, 0xff, 0x7d]), json],
    [new Uint8Array([0xff, 0xff]), { "content-type": "application/proto" }],
    [gzipSync("{}").subarray(0, 12), { ...json, "content-encoding": "gzip" }],
    ["no gzip", { ...json, "content-encoding": "gzip" }],
  ];
  for (const [body, headers] of cases) {
    expect(await post(getTask, body, headers)).toMatchObject({
      status: 400,
      text: expect.stringContaining('"invalid_argument"'),
    });
  }
  const web = { "content-type": "application/grpc-web+proto" };
  const frame = new Uint8Array([0, 0, 0, 0, 2, 0xff, 0xff]);
  expect((await post(getTask, frame, web)).text).toContain(`grpc-status: ${Code.InvalidArgument}`);
  const compressed = new Uint8Array([1, 0, 0, 0, 2, 0xff, 0xff]);
  expect((await post(getTask, compressed, web)).text).toContain(`grpc-status: ${Code.InvalidArgument}`);
  const stream = { "content-type": "application/connect+proto" };
  const upload = "/limiquantix.storage.v1.ImageService/UploadImage";
  expect((await post(upload, frame, stream)).status).toBe(200);
  const watch = "/limiquantix.ops.v1.TaskService/WatchTasks";
  expect((await post(watch, frame, stream)).text).toContain('"code":"invalid_argument"');
});

test("a Host that is none is refused, and nothing falls over", async () => {
  for (const host of ["[", "a b", "", "x:99999", "[::1", "a/../b", "user@host"]) {
    const answer = await raw(`POST ${getTask} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(answer.slice(0, 12), host).toBe("HTTP/1.1 400");
  }
  expect(await raw("GET /health HTTP/1.1\r\nConnection: close\r\n\r\n")).toContain("400 Bad Request");
  expect((await fetch(`http://127.0.0.1:${usual.port}/health`)).status).toBe(200);
});

test("ambiguous lengths, loose line ends, too large headers: refused by the parser", async () => {
  const head = `POST ${getTask} HTTP/1.1\r\nHost: localhost\r\n`;
  const smuggled = [
    `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    `${head}Content-Length: +2\r\n\r\n{}`,
    `${head}Content-Length : 2\r\n\r\n{}`,
    `POST ${getTask} HTTP/1.1\nHost: localhost\n\n`,
  ];
  for (const request of smuggled) expect(await raw(request)).toMatch(/^HTTP\/1\.1 400 /);
  expect(await raw(`${head}X: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  expect(await raw(`GET /${"x".repeat(9000)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 414 /,
  );
});

test.each(["/health", "/nothing", "/../etc/passwd", getTask])("%s has the strict headers", async (path) => {
  const { headers } = await fetch(`http://127.0.0.1:${usual.port}${path}`);
  expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("access-control-allow-origin")).toBeNull();
  expect(headers.get("server")).toBeNull();
});

test("other sites' pages get no permission to call", async () => {
  const url = `http://127.0.0.1:${usual.port}${getTask}`;
  const headers = { origin: "https://evil.example", "access-control-request-method": "POST" };
  const preflight = await fetch(url, { method: "OPTIONS", headers });
  expect(preflight.status).toBe(405);
  expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
});

test("metrics are of what the caller may see; a host and nobody get none", async () => {
  const read = (authorization: string) =>
    fetch(`http://127.0.0.1:${usual.port}/metrics`, { headers: authorization ? { authorization } : {} });
  expect((await read("")).status).toBe(401);
  expect((await read("host")).status).toBe(403);
  expect(await (await read("tenant")).text()).toBe("of none\n");
  const answer = await read("admin");
  expect(await answer.text()).toBe("figures\nof all VMs\n");
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(answer.headers.get("content-encoding")).toBe("gzip");
  const plain = await fetch(answer.url, { headers: { authorization: "admin", "accept-encoding": "identity" } });
  expect(plain.headers.get("content-encoding")).toBeNull();
  expect(await plain.text()).toBe("figures\nof all VMs\n");
});

test("who calls too often is told when to come back", async () => {
  const call = () => post(getTask, "{}", json, stingy);
  expect((await call()).status).toBe(200);
  expect((await call()).status).toBe(200);
  const third = await call();
  expect(third).toMatchObject({ status: 429, text: expect.stringContaining("too many requests") });
  expect(third.headers.get("retry-after")).toBe("2");
  const metrics = await fetch(`http://127.0.0.1:${stingy.port}/metrics`);
  expect(metrics.status).toBe(429);
  expect(metrics.headers.get("retry-after")).toBe("2");
});
