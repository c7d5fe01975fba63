import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Channel, FakeClock } from "@limiquantix/kit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ScriptedServer } from "../test/scripted-server.ts";
import { LibvirtConnection } from "./connection.ts";
import type { ConnectionState } from "./connection.ts";

const dom = { name: "web-1", uuid: new Uint8Array(16).fill(7), id: 3 };
const REGISTER = "CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY";

let directory: string;
let listener: net.Server;
let clients: Channel<ScriptedServer>;
const clock = new FakeClock();

function socketPath(): string {
  return join(directory, "sock");
}

async function listen(): Promise<void> {
  listener = net.createServer((socket) => clients.push(new ScriptedServer(socket)));
  listener.listen(socketPath());
  await once(listener, "listening");
}

async function nextClient(): Promise<ScriptedServer> {
  return (await clients.next()).value as ScriptedServer;
}

function connection(): LibvirtConnection {
  const backoff = { baseMs: 100, maxMs: 1000, random: () => 0 };
  return new LibvirtConnection({ address: { socket: socketPath() }, clock, keepalive: false, backoff });
}

/** The states as they come. */
function states(libvirt: LibvirtConnection): Channel<ConnectionState["state"]> {
  const channel: Channel<ConnectionState["state"]> = new Channel();
  libvirt.onState(({ state }) => channel.push(state));
  return channel;
}

async function next<T>(channel: Channel<T>): Promise<T> {
  return (await channel.next()).value as T;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "libvirt-"));
  clients = new Channel();
  await listen();
});

afterEach(async () => {
  listener.close();
  await rm(directory, { recursive: true });
});

test("events are registered before the connection is announced, and again after it was lost", async () => {
  await using libvirt = connection();
  const state = states(libvirt);
  expect(await next(state)).toBe("disconnected");
  const heard: Channel<number> = new Channel();
  await libvirt.subscribe("LIFECYCLE", ({ event }) => heard.push(event));
  await expect(libvirt.call("CONNECT_GET_TYPE")).rejects.toMatchObject({ outcome: "unsent" });

  const first = await nextClient();
  await first.greet();
  await first.answer(REGISTER, { callbackID: 1 });
  expect(await next(state)).toBe("connected");
  first.send(first.event("LIFECYCLE", 1, { dom, event: 2, detail: 0 }));
  expect(await next(heard)).toBe(2);

  const call = libvirt.call("CONNECT_GET_TYPE");
  await first.call("CONNECT_GET_TYPE");
  first.transport.destroy();
  await expect(call).rejects.toMatchObject({ outcome: "unknown" });
  expect(await next(state)).toBe("disconnected");

  await clock.advance(100);
  const second = await nextClient();
  await second.greet();
  await second.answer(REGISTER, { callbackID: 7 });
  expect(await next(state)).toBe("connected");
  second.send(second.event("LIFECYCLE", 7, { dom, event: 5, detail: 1 }));
  expect(await next(heard)).toBe(5);
});

test("attempts go on while nobody listens", async () => {
  listener.close();
  await once(listener, "close");
  await using libvirt = connection();
  const state = states(libvirt);
  const connected = libvirt.connected();
  await next(state);
  expect(await next(state)).toBe("disconnected");
  await listen();
  await clock.advance(100);
  const server = await nextClient();
  await server.greet();
  expect(await next(state)).toBe("connected");
  expect((await connected).isClosed).toBe(false);
});

test("a libvirtd that takes the connection and says nothing is given up after a while", async () => {
  await using libvirt = connection();
  const state = states(libvirt);
  await next(state);
  const hung = await nextClient();
  await hung.call("AUTH_LIST");
  await clock.advance(10_000);
  expect(await next(state)).toBe("disconnected");
  expect(libvirt.state).toMatchObject({ reason: { message: "libvirtd did not answer within 10000 ms" } });
  await expect(hung.next()).rejects.toThrow("closed");
});

test("a subscription that libvirtd refuses after a reconnect does not keep the connection away", async () => {
  await using libvirt = connection();
  const state = states(libvirt);
  await next(state);
  await libvirt.subscribe("REBOOT", () => {}, { subject: dom });
  const server = await nextClient();
  await server.greet();
  const { frame } = await server.call(REGISTER);
  server.send(server.failure(frame, { code: 42, message: "Domain not found" }));
  expect(await next(state)).toBe("connected");
});

test("what is no longer wanted is not registered again", async () => {
  await using libvirt = connection();
  const state = states(libvirt);
  await next(state);
  const abort = new AbortController();
  const gone = await libvirt.subscribe("REBOOT", () => {});
  await libvirt.subscribe("LIFECYCLE", () => {}, { signal: abort.signal });
  await gone[Symbol.asyncDispose]();
  abort.abort();
  await (await nextClient()).greet();
  expect(await next(state)).toBe("connected");
});

test("closing ends the connection, its state and those who wait for it", async () => {
  const libvirt = connection();
  const waiting = expect(libvirt.connected()).rejects.toThrow("the libvirt connection was closed");
  const server = await nextClient();
  await libvirt[Symbol.asyncDispose]();
  await waiting;
  await expect(server.call("CONNECT_OPEN")).rejects.toThrow();
  expect(libvirt.state.state).toBe("disconnected");
});
