import { createHash, randomInt } from "node:crypto";
import { request as httpRequest, type ClientRequest } from "node:http";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { ImageService, ImageStatus_Phase } from "@limiquantix/api";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startSimHost } from "../test-suites/sim-host.ts";
import { startControlPlane, type Program } from "../test-suites/start.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const file = Buffer.from(Uint8Array.from({ length: 3 * 1024 * 1024 }, (_, i) => (i * 7) % 251));
const sha256 = createHash("sha256").update(file).digest("hex");
const json = { "content-type": "application/json" };
/** Not this machine's own caller, whom --dev lets in without proof. */
const stranger = { "x-forwarded-for": "192.0.2.1" };

let program: Program;
let host: Awaited<ReturnType<typeof startSimHost>>;

beforeAll(async () => {
  program = await startControlPlane("--dev");
  host = await startSimHost({ controlPlane: program.url });
  await vi.waitFor(
    async () => expect((await fetch(`${program.url}/ready`)).json()).resolves.toMatchObject({ hostsReady: 1 }),
    {
      timeout: 30_000,
    },
  );
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
});

const images = () => createClient(ImageService, createConnectTransport({ baseUrl: program.url, httpVersion: "1.1" }));

async function newImage(name: string, digest = sha256): Promise<string> {
  const source = { sizeBytes: BigInt(file.length), sha256: digest };
  const { image } = await images().createImage({ name, spec: { source } });
  return image?.id ?? "";
}

const pathOf = (id: string) => `${program.url}/uploads/images/${id}`;
const tus = { "tus-resumable": "1.0.0" };

function head(id: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(pathOf(id), { method: "HEAD", headers: { ...tus, ...headers } });
}

interface Piece {
  offset: number;
  end?: number;
  headers?: Record<string, string>;
}

function patch(id: string, { offset, end = file.length, headers = {} }: Piece): Promise<Response> {
  return fetch(pathOf(id), {
    method: "PATCH",
    headers: { ...tus, "content-type": "application/offset+octet-stream", "upload-offset": String(offset), ...headers },
    body: file.subarray(offset, end),
  });
}

const offsetOf = (response: Response) => Number(response.headers.get("upload-offset"));

test("a file comes in pieces, each where the last one ended, and becomes an image", async () => {
  const id = await newImage("pieces");
  const before = await head(id);
  expect(before.status).toBe(200);
  expect(before.headers.get("tus-resumable")).toBe("1.0.0");
  expect(before.headers.get("upload-length")).toBe(String(file.length));
  expect(offsetOf(before)).toBe(0);

  const first = await patch(id, { offset: 0, end: 1_000_000 });
  expect([first.status, offsetOf(first)]).toEqual([204, 1_000_000]);
  expect(offsetOf(await head(id))).toBe(1_000_000);

  const rest = await patch(id, { offset: 1_000_000 });
  expect([rest.status, offsetOf(rest)]).toEqual([204, file.length]);
  const { status } = await images().getImage({ id });
  expect(status).toMatchObject({ phase: ImageStatus_Phase.READY, sha256, sizeBytes: BigInt(file.length) });
  expect(offsetOf(await head(id))).toBe(file.length);
});

test("a piece that belongs elsewhere is refused and told where to go on", async () => {
  const id = await newImage("elsewhere");
  await patch(id, { offset: 0, end: 500_000 });
  for (const offset of [0, 400_000, 600_000]) {
    const answer = await patch(id, { offset });
    expect([answer.status, offsetOf(answer)]).toEqual([409, 500_000]);
  }
  expect(offsetOf(await head(id))).toBe(500_000);
  const tooLong = await fetch(pathOf(id), {
    method: "PATCH",
    headers: { ...tus, "content-type": "application/offset+octet-stream", "upload-offset": "500000" },
    body: file,
  });
  expect(tooLong.status).toBe(413);
});

test("what came before the connection broke is kept, and the rest makes it whole", async () => {
  const id = await newImage("broken");
  const sent = 2_000_000;
  const broken: ClientRequest = httpRequest(pathOf(id), {
    method: "PATCH",
    headers: {
      ...tus,
      "content-type": "application/offset+octet-stream",
      "upload-offset": "0",
      "content-length": file.length,
    },
  });
  broken.on("error", () => {});
  await new Promise<void>((resolve) => broken.write(file.subarray(0, sent), () => resolve()));
  // Some of it has arrived: the image says so.
  await vi.waitFor(
    async () => expect((await images().getImage({ id })).status?.phase).toBe(ImageStatus_Phase.DOWNLOADING),
    { timeout: 20_000 },
  );
  broken.destroy();
  const offset = await vi.waitFor(
    async () => {
      const reached = offsetOf(await head(id));
      expect(reached).toBeGreaterThan(0);
      return reached;
    },
    { timeout: 20_000 },
  );
  expect(offset).toBeLessThanOrEqual(sent);
  const rest = await patch(id, { offset });
  expect([rest.status, offsetOf(rest)]).toEqual([204, file.length]);
  expect((await images().getImage({ id })).status).toMatchObject({ phase: ImageStatus_Phase.READY, sha256 });
});

/** Sends from `offset` on, and pulls the plug once `end` is out. */
async function cut(id: string, { offset, end }: { offset: number; end: number }): Promise<void> {
  const request = httpRequest(pathOf(id), {
    method: "PATCH",
    headers: {
      ...tus,
      "content-type": "application/offset+octet-stream",
      "upload-offset": String(offset),
      "content-length": file.length - offset,
    },
  });
  request.on("error", () => {});
  await new Promise<void>((resolve) => request.write(file.subarray(offset, end), () => resolve()));
  request.destroy();
}

test("an upload that is cut ten times, anywhere, arrives whole", async () => {
  const id = await newImage("cut");
  const reached = new Set<number>();
  // A cut may be so early that nothing of its piece arrives: those are made again.
  for (let cuts = 0; cuts < 10 || reached.size < 5; cuts++) {
    expect(cuts, "cuts that let nothing through").toBeLessThan(200);
    const offset = offsetOf(await head(id));
    reached.add(offset);
    // Some of it is left for the cuts to come.
    await cut(id, { offset, end: offset + randomInt(1, Math.floor((file.length - offset) / 3)) });
  }
  await vi.waitFor(
    async () => {
      // The last broken piece may still be on its way to the host: then the place to go on moves.
      const rest = await patch(id, { offset: offsetOf(await head(id)) });
      expect([rest.status, offsetOf(rest)]).toEqual([204, file.length]);
    },
    { timeout: 20_000 },
  );
  expect((await images().getImage({ id })).status).toMatchObject({
    phase: ImageStatus_Phase.READY,
    sha256,
    sizeBytes: BigInt(file.length),
  });
});

test("a file of which one byte in a hundred is wrong is refused", async () => {
  const id = await newImage("corrupt");
  const corrupt = Buffer.from(file);
  for (let i = 0; i < corrupt.length / 100; i++) {
    const at = randomInt(corrupt.length);
    corrupt[at] = (corrupt[at] ?? 0) ^ randomInt(1, 256);
  }
  const answer = await fetch(pathOf(id), {
    method: "PATCH",
    headers: { ...tus, "content-type": "application/offset+octet-stream", "upload-offset": "0" },
    body: corrupt,
  });
  expect([answer.status, await answer.json()]).toMatchObject([400, { reason: "IMAGE_CHECKSUM_MISMATCH" }]);
  expect((await images().getImage({ id })).status).toMatchObject({ phase: ImageStatus_Phase.ERROR, copies: [] });
});

test("the checksum is compared at the end, and the image says what is wrong", async () => {
  const id = await newImage("damaged", "0".repeat(64));
  const answer = await patch(id, { offset: 0 });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ reason: "IMAGE_CHECKSUM_MISMATCH" });
  expect((await images().getImage({ id })).status?.phase).toBe(ImageStatus_Phase.ERROR);
});

test("who has no part in the project finds no upload, and a cookie counts from our own pages alone", async () => {
  const id = await newImage("private");
  const call = (method: string, body: object, headers: Record<string, string> = {}) =>
    fetch(`${program.url}/limiquantix.identity.v1.${method}`, {
      method: "POST",
      headers: { ...json, ...headers },
      body: JSON.stringify(body),
    });
  const password = "correct horse battery staple 9";
  await call("UserService/CreateUser", { name: "bob", password });
  const login = await call("AuthService/Login", { username: "bob", password, cookie: true }, stranger);
  const cookie = login.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const bob = { ...stranger, cookie, origin: program.url };
  const newPassword = `${password}9`;
  expect((await call("AuthService/ChangePassword", { oldPassword: password, newPassword }, bob)).status).toBe(200);
  expect((await head(id, stranger)).status).toBe(401);
  expect((await head(id, { ...bob, origin: "https://evil.example" })).status).toBe(401);
  expect((await patch(id, { offset: 0, headers: { ...bob, origin: "https://evil.example" } })).status).toBe(401);
  expect((await head(id, bob)).status).toBe(404);
  const answer = await patch(id, { offset: 0, headers: bob });
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ reason: "NOT_FOUND", tryThis: expect.any(String) as string });
  expect(offsetOf(await head(id))).toBe(0);
  expect((await head("00000000-0000-7000-8000-000000000000")).status).toBe(404);
});

test("requests that are no tus are refused as tus says", async () => {
  const id = await newImage("strict");
  const status = async (init: RequestInit) => (await fetch(pathOf(id), init)).status;
  expect(await status({ method: "HEAD" })).toBe(412);
  expect(await status({ method: "GET", headers: tus })).toBe(405);
  expect(await status({ method: "PATCH", headers: { ...tus, "upload-offset": "0" }, body: "x" })).toBe(415);
  const type = { "content-type": "application/offset+octet-stream" };
  expect(await status({ method: "PATCH", headers: { ...tus, ...type }, body: "x" })).toBe(400);
  expect(await status({ method: "PATCH", headers: { ...tus, ...type, "upload-offset": "-1" }, body: "x" })).toBe(400);
  const discovery = await fetch(pathOf(id), { method: "OPTIONS" });
  expect(discovery.status).toBe(204);
  expect(discovery.headers.get("tus-version")).toBe("1.0.0");
  expect(discovery.headers.get("access-control-allow-origin")).toBeNull();
  expect((await fetch(`${program.url}/uploads/images/..%2f${id}`, { headers: tus })).status).toBe(404);
});
