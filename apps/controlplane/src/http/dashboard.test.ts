import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { silentLog } from "@limiquantix/kit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dashboard } from "./dashboard.ts";
import { listen, type Listening } from "./listen.ts";
import { routes } from "./routes.ts";

const page = "<!doctype html><title>x</title>";
const script = "console.log('a script that is worth compressing')";
let scratch: string;
let built: Listening;
let missing: Listening;

function start(directory: string): Promise<Listening> {
  const handle = routes({
    rpc: (path) => (path.startsWith("/limiquantix.x.v1.X/") ? (_, response) => response.end("rpc") : undefined),
    version: "test",
    ready: async () => true,
    hostsReady: () => 0,
    metrics: (_, response) => void response.end("figures"),
    openapi: () => "{}",
    admit: () => {},
    dashboard: dashboard(directory),
    tls: false,
    log: silentLog,
  });
  return listen({ host: "127.0.0.1", port: 0, tls: undefined, handle, upgrade: (_, socket) => socket.destroy() });
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "lqx-dashboard-"));
  const dist = join(scratch, "dist");
  await mkdir(join(dist, "assets"), { recursive: true });
  await writeFile(join(scratch, "secret.txt"), "hidden");
  await writeFile(join(dist, "index.html"), page);
  await writeFile(join(dist, "icon.svg"), "<svg/>");
  await writeFile(join(dist, "assets/app-1.js"), script);
  await writeFile(join(dist, "assets/app-1.js.br"), brotliCompressSync(script));
  await writeFile(join(dist, "assets/app-1.js.gz"), gzipSync(script));
  await symlink(join(scratch, "secret.txt"), join(dist, "assets/link.txt"));
  built = await start(dist);
  missing = await start(join(scratch, "nothing"));
});

afterAll(async () => {
  await built[Symbol.asyncDispose]();
  await missing[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true });
});

/** Without what fetch does to a path: `..` goes as it is. */
function get(path: string, headers: Record<string, string> = {}, from = built, method = "GET") {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: from.port, path, headers, method }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on("error", reject).end();
  });
}

const browser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

test.each(["/", "/?code=a&login_id=b", "/vms", "/vms/0190-ab?tab=events", "/demo", "/demo/nodes", "/a.b"])(
  "%s is the page to a browser, with a policy of its own",
  async (path) => {
    const { status, headers, body } = await get(path, browser);
    expect([status, body.toString()]).toEqual([200, page]);
    expect(headers["cache-control"]).toBe("no-cache");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers["x-frame-options"]).toBe("DENY");
  },
);

test("files with a hash in their name are kept for ever, and come compressed as they were built", async () => {
  const { status, headers, body } = await get("/assets/app-1.js", { "accept-encoding": "gzip, deflate, br" });
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    "content-encoding": "br",
    "content-type": "text/javascript; charset=utf-8",
    "cache-control": "public, max-age=31536000, immutable",
    vary: "accept-encoding",
  });
  expect(body).toEqual(brotliCompressSync(script));
  expect((await get("/assets/app-1.js", { "accept-encoding": "br;q=0, gzip" })).headers["content-encoding"]).toBe(
    "gzip",
  );
  expect((await get("/assets/app-1.js")).body.toString()).toBe(script);
  const head = await get("/icon.svg", {}, built, "HEAD");
  expect([head.status, head.headers["content-length"], head.body.length]).toEqual([200, "6", 0]);
});

test.each([
  "/assets/nothing.js",
  "/../secret.txt",
  "/assets/../../secret.txt",
  "/assets/..%2f..%2fsecret.txt",
  "/assets/link.txt",
  "/assets/app-1.js.br",
  "/limiquantix.x.v1.Y/Nothing",
  "/auth/nothing",
])("%s is not there", async (path) => {
  const { status, body } = await get(path, path.includes("..") ? {} : browser);
  expect([status, body.includes("hidden")]).toEqual([404, false]);
});

test("what is no browser is told that nothing is there; what else is there stays", async () => {
  expect((await get("/vms", { accept: "*/*" })).status).toBe(404);
  expect((await get("/health", browser)).headers["content-type"]).toBe("application/json");
  expect((await get("/limiquantix.x.v1.X/Do", browser)).body.toString()).toBe("rpc");
  expect((await get("/", browser, built, "POST")).status).toBe(405);
});

test("where it is not built, the page says how, until it is", async () => {
  const before = await get("/", browser, missing);
  expect(before.status).toBe(503);
  expect(before.body.toString()).toContain("tools/dashboard");
  await mkdir(join(scratch, "nothing"));
  await writeFile(join(scratch, "nothing/index.html"), page);
  expect((await get("/vms", browser, missing)).body.toString()).toBe(page);
});
