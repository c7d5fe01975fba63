import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { lqxProcess, start, type Started } from "./testing/processes.ts";

/* Native viewers and links, with the real programs and a simulated hypervisor; the viewer is this test. */

let home: string;
let env: Record<string, string>;
let controlPlane: Started;
let node: Started;

const lqx = (...words: string[]) => lqxProcess(words, env);

async function ok(...words: string[]): Promise<string> {
  const { code, out, err } = await lqx(...words);
  expect({ words, code, err }).toMatchObject({ code: 0 });
  return out;
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "lqx-console-"));
  controlPlane = start("limiquantix-controlplane", ["--dev", "--listen", "127.0.0.1:0"], { HOME: home });
  const [, server = ""] = await controlPlane.said(/listening on (http:\S+)/);
  env = { HOME: home, LIMIQUANTIX_SERVER: server };
  const args = ["--dev", "--listen", "127.0.0.1:0", "--control-plane", server, "--register"];
  node = start("limiquantix-node", args, { HOME: home });
  await vi.waitFor(async () => expect(await ok("node", "list")).toContain("READY"), { timeout: 30_000, interval: 200 });
  await ok("vm", "create", "web", "--cpu", "1", "--memory", "512MiB", "--wait");
}, 90_000);

afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  await controlPlane?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
}, 60_000);

/** A VNC viewer's side of the handshake (RFC 6143, 7.1 to 7.3). */
class Viewer {
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Buffer>;
  #read = Buffer.alloc(0);

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#chunks = this.#socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async take(count: number): Promise<Buffer> {
    while (this.#read.length < count) {
      const next = await this.#chunks.next();
      if (next.done) throw new Error(`the console ended after ${this.#read.length} of ${count} bytes`);
      this.#read = Buffer.concat([this.#read, next.value]);
    }
    const taken = this.#read.subarray(0, count);
    this.#read = this.#read.subarray(count);
    return taken;
  }

  send(...bytes: number[]): void {
    this.#socket.write(Uint8Array.from(bytes));
  }

  async shakeHands(): Promise<{ width: number; height: number }> {
    expect((await this.take(12)).toString("latin1")).toBe("RFB 003.008\n");
    this.#socket.write("RFB 003.008\n");
    expect([...(await this.take(2))]).toEqual([1, 1]);
    this.send(1);
    expect([...(await this.take(4))]).toEqual([0, 0, 0, 0]);
    this.send(0);
    const init = await this.take(24);
    await this.take(init.readUInt32BE(20));
    return { width: init.readUInt16BE(0), height: init.readUInt16BE(2) };
  }

  /** The whole screen, raw. */
  async screen({ width, height }: { width: number; height: number }): Promise<Buffer> {
    this.send(3, 0, 0, 0, 0, 0, width >> 8, width & 255, height >> 8, height & 255);
    await this.take(16);
    return this.take(width * height * 4);
  }

  leave(): void {
    this.#socket.end();
  }
}

test.each([
  ["types at", []],
  ["only looks at", ["--view-only"]],
])(
  "a native viewer %s the guest through a port of this machine",
  async (what, flags) => {
    const run = start("lqx", ["console", "open", "web", "--no-viewer", ...flags], env);
    const [, port = ""] = await run.said(/vnc:\/\/127\.0\.0\.1:(\d+)/);
    const viewer = new Viewer(Number(port));
    const size = await viewer.shakeHands();
    expect(size).toEqual({ width: 768, height: 384 });
    const before = await viewer.screen(size);
    for (const letter of "uptime") viewer.send(4, 1, 0, 0, 0, 0, 0, letter.charCodeAt(0));
    // The keys go through four programs before they are drawn.
    const drawn = async () => !(await viewer.screen(size)).equals(before);
    if (what === "types at") await vi.waitFor(async () => expect(await drawn()).toBe(true), { timeout: 20_000 });
    else expect(await drawn()).toBe(false);
    expect(await ok("console", "who", "web")).toMatch(what === "types at" ? /vnc\s+type/ : /vnc\s+look/);
    viewer.leave();
    await run[Symbol.asyncDispose]();
    await vi.waitFor(async () => expect((await lqx("console", "who", "web")).err).toContain("nobody"), {
      timeout: 20_000,
      interval: 500,
    });
  },
  60_000,
);

test("remote-viewer is started where it is installed, also for the files of others", async () => {
  const programs = join(home, "programs");
  await mkdir(programs);
  await writeFile(join(programs, "remote-viewer"), '#!/bin/sh\necho "$*" >"$HOME/viewer"\n', { mode: 0o700 });
  const desktop = { ...env, PATH: `${programs}:${process.env["PATH"]}` };
  const shown = () => readFile(join(home, "viewer"), "utf8");
  expect((await lqxProcess(["console", "open", "web"], desktop)).code).toBe(0);
  expect(await shown()).toMatch(/^--title=web -- vnc:\/\/127\.0\.0\.1:\d+\n$/);
  const file = join(home, "other's.vv");
  await writeFile(file, "[virt-viewer]\ntype=spice\nhost=h\nport=1\n");
  expect((await lqxProcess(["console", "open", "--url", `file://${file}`], desktop)).code).toBe(0);
  expect(await shown()).toBe(`-- ${file}\n`);
}, 30_000);

test("an address that a web page hands over goes only to servers that one is logged in to", async () => {
  const link = "limiquantix://console/01980000-0000-7000-8000-000000000001?server=https://evil.example";
  const { code, err } = await lqx("console", "open", "--url", link);
  expect(code).not.toBe(0);
  expect(err).toContain("you are not logged in to https://evil.example");
});

test("a link is made, listed, and revoked", async () => {
  const address = (await ok("console", "share", "web", "--for", "5m", "--note", "the vendor")).trim();
  expect(address).toMatch(new RegExp(`^${env["LIMIQUANTIX_SERVER"]}/console-link/lqxlink_[\\w-]{43}$`));
  const list = await ok("console", "links", "web");
  expect(list).toMatch(/look\s+dev\s+.*the vendor/);
  const id = /[0-9a-f-]{36}/.exec(list)?.[0] ?? "";
  expect(await ok("console", "revoke", "web", id)).toContain("is revoked");
  expect((await lqx("console", "links", "web")).err).toContain("there is no link");
}, 30_000);

test("a picture of the screen", async () => {
  const file = join(home, "web.png");
  await ok("console", "screenshot", "web", file, "--max-width", "320");
  const png = await readFile(file);
  expect([png.toString("latin1", 1, 4), png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual(["PNG", 320, 160]);
});

test("the desktop learns of the handler", async () => {
  const file = (await ok("console", "register")).trim();
  expect(file).toBe(join(home, ".local/share/applications/limiquantix.desktop"));
  expect(await readFile(file, "utf8")).toContain("MimeType=x-scheme-handler/limiquantix;");
});
