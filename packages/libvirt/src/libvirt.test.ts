import { expect, test } from "vitest";
import { ScriptedServer } from "../test/scripted-server.ts";
import { Libvirt } from "./libvirt.ts";
import type { ConnectOptions } from "./libvirt.ts";

const dom = { name: "web-1", uuid: new Uint8Array(16).fill(7), id: 3 };
const other = { name: "db-1", uuid: new Uint8Array(16).fill(8), id: 4 };

async function connect(options: Partial<ConnectOptions> = {}) {
  const server = new ScriptedServer();
  const connecting = Libvirt.connect({ address: server.client, keepalive: false, ...options });
  await server.greet();
  return { server, libvirt: await connecting };
}

async function subscribed<T>(server: ScriptedServer, callbackID: number, subscribing: Promise<T>): Promise<T> {
  await server.answer("CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY", { callbackID });
  return subscribing;
}

test("connecting opens the driver that was asked for", async () => {
  const server = new ScriptedServer();
  const connecting = Libvirt.connect({
    address: server.client,
    uri: "test:///default",
    readOnly: true,
    serverKeepalive: false,
  });
  await server.answer("AUTH_LIST", { types: [2] });
  await server.answer("AUTH_POLKIT", { complete: true });
  expect(await server.answer("CONNECT_OPEN", {})).toEqual({ name: "test:///default", flags: 1 });
  const libvirt = await connecting;
  const version = libvirt.call("CONNECT_GET_LIB_VERSION");
  await server.answer("CONNECT_GET_LIB_VERSION", { lib_ver: 11_003_000 });
  expect(await version).toEqual({ lib_ver: 11_003_000 });
  libvirt.close();
});

test("a refusal to open says what was opened and closes", async () => {
  const server = new ScriptedServer();
  const connecting = Libvirt.connect({ address: server.client, uri: "xen:///system" });
  await server.answer("AUTH_LIST", { types: [0] });
  const { frame } = await server.call("CONNECT_OPEN");
  server.send(server.failure(frame, { code: 5, message: "no connection driver available" }));
  await expect(connecting).rejects.toMatchObject({ message: "open libvirt xen:///system", cause: { code: 5 } });
  expect(server.client.destroyed).toBe(true);
});

test("SASL alone is an error that says what to do", async () => {
  const server = new ScriptedServer();
  const connecting = Libvirt.connect({ address: server.client });
  await server.answer("AUTH_LIST", { types: [1] });
  await expect(connecting).rejects.toMatchObject({ cause: { message: expect.stringContaining("TLS") } });
});

test("an event in the same packet as the reply to its registration is heard", async () => {
  const { server, libvirt } = await connect();
  const heard: unknown[] = [];
  const subscribing = libvirt.subscribe("LIFECYCLE", (event) => heard.push(event));
  const { frame, args } = await server.call("CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY");
  expect(args).toEqual({ eventID: 0, dom: null });
  server.send(
    server.reply(frame, "CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY", { callbackID: 9 }),
    server.event("LIFECYCLE", 9, { dom, event: 2, detail: 0 }),
  );
  await subscribing;
  expect(heard).toEqual([{ dom, event: 2, detail: 0 }]);
});

test("listeners of one event share a registration, which goes with the last", async () => {
  const { server, libvirt } = await connect();
  const heard: string[] = [];
  const first = await subscribed(
    server,
    1,
    libvirt.subscribe("REBOOT", () => heard.push("first")),
  );
  const second = await libvirt.subscribe("REBOOT", () => heard.push("second"));
  const narrow = libvirt.subscribe("REBOOT", () => heard.push("narrow"), { subject: other });
  expect((await server.answer("CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY", { callbackID: 2 })).dom).toEqual(other);
  await narrow;

  server.send(server.event("REBOOT", 1, { dom }));
  const barrier = libvirt.call("CONNECT_GET_TYPE");
  await server.answer("CONNECT_GET_TYPE", { type: "QEMU" });
  await barrier;
  expect(heard).toEqual(["first", "second"]);

  await first[Symbol.asyncDispose]();
  const leaving = second[Symbol.asyncDispose]();
  expect(await server.answer("CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY", {})).toEqual({ callbackID: 1 });
  await leaving;

  await subscribed(
    server,
    3,
    libvirt.subscribe("REBOOT", () => heard.push("again")),
  );
});

test("a handler that throws harms neither the others nor the connection", async () => {
  const { server, libvirt } = await connect();
  const heard: unknown[] = [];
  const throwing = libvirt.subscribe("REBOOT", () => {
    throw new Error("bug");
  });
  await subscribed(server, 1, throwing);
  await libvirt.subscribe("REBOOT", (event) => heard.push(event));
  server.send(server.event("REBOOT", 1, { dom }), server.event("REBOOT", 1, { dom: other }));
  const barrier = libvirt.call("CONNECT_GET_TYPE");
  await server.answer("CONNECT_GET_TYPE", { type: "QEMU" });
  await barrier;
  expect(heard).toEqual([{ dom }, { dom: other }]);
});

test("a subscription that is refused says which", async () => {
  const { server, libvirt } = await connect();
  const subscribing = libvirt.subscribe("MEMORY_DEVICE_SIZE_CHANGE", () => {});
  const { frame } = await server.call("CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY");
  server.send(server.failure(frame, { code: 3, message: "unsupported event ID" }));
  await expect(subscribing).rejects.toThrow("subscribe to libvirt event MEMORY_DEVICE_SIZE_CHANGE");
});

test("iterating events ends by leaving the loop, by the signal, or with the connection", async () => {
  const { server, libvirt } = await connect();
  const events = await subscribed(server, 1, libvirt.events("BALLOON_CHANGE"));
  server.send(server.event("BALLOON_CHANGE", 1, { dom, actual: 1024 }));
  for await (const event of events) {
    expect(event).toEqual({ dom, actual: 1024 });
    break;
  }
  await server.answer("CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY", {});

  const abort = new AbortController();
  const until = await subscribed(server, 2, libvirt.events("REBOOT", { signal: abort.signal }));
  abort.abort();
  expect(await until.next()).toEqual({ value: undefined, done: true });
  await server.answer("CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY", {});

  const lost = await subscribed(server, 3, libvirt.events("REBOOT"));
  server.transport.end();
  await expect(lost.next()).rejects.toThrow("libvirtd closed the connection");
});

test("QEMU's own program shares the connection", async () => {
  const { server, libvirt } = await connect();
  const reply = libvirt.call("QEMU_DOMAIN_MONITOR_COMMAND", { dom, cmd: '{"execute":"query-status"}' });
  const { frame } = await server.call("QEMU_DOMAIN_MONITOR_COMMAND");
  expect(frame.program).toBe(0x2000_8087);
  server.send(server.reply(frame, "QEMU_DOMAIN_MONITOR_COMMAND", { result: "{}" }));
  expect(await reply).toEqual({ result: "{}" });

  const events = libvirt.events("QEMU_MONITOR_EVENT", { subject: dom });
  const args = await server.answer("QEMU_CONNECT_DOMAIN_MONITOR_EVENT_REGISTER", { callbackID: 5 });
  expect(args).toEqual({ dom, event: null, flags: 0 });
  const happened = { dom, event: "RTC_CHANGE", seconds: 1, micros: 2, details: "{}" };
  server.send(server.event("QEMU_MONITOR_EVENT", 5, happened));
  expect((await (await events).next()).value).toEqual(happened);
});
