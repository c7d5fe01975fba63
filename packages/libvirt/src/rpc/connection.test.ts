import { drain, FakeClock } from "@limiquantix/kit";
import { expect, test } from "vitest";
import { ScriptedServer } from "../../test/scripted-server.ts";
import { ErrorCode } from "../error-code.ts";
import { LibvirtDisconnectedError, LibvirtError, LibvirtProtocolError } from "../errors.ts";
import { procedures } from "../protocol/procedures.ts";
import { MessageType } from "../wire/frame.ts";
import { RpcConnection } from "./connection.ts";
import type { RpcOptions } from "./connection.ts";
import { KEEPALIVE_PROGRAM, pingHeader } from "./keepalive.ts";
import { sealFrame, startFrame } from "../wire/frame.ts";

function connect(options: RpcOptions = {}) {
  const server = new ScriptedServer();
  return { server, rpc: new RpcConnection(server.client, { keepalive: false, ...options }) };
}

function lookup(rpc: RpcConnection, name: string, signal?: AbortSignal): Promise<unknown> {
  return rpc.call({
    name: "DOMAIN_LOOKUP_BY_NAME",
    procedure: procedures.DOMAIN_LOOKUP_BY_NAME,
    args: { name },
    signal,
  });
}

const dom = { name: "web-1", uuid: new Uint8Array(16).fill(7), id: 3 };

test("a call and its reply, byte by byte", async () => {
  const { server, rpc } = connect();
  const reply = lookup(rpc, "web-1");
  const { frame, args } = await server.call("DOMAIN_LOOKUP_BY_NAME");
  expect(args).toEqual({ name: "web-1" });
  expect(frame).toMatchObject({ program: 0x2000_8086, version: 1, type: 0, serial: 1, status: 0 });
  for (const byte of server.reply(frame, "DOMAIN_LOOKUP_BY_NAME", { dom })) server.send(Uint8Array.of(byte));
  expect(await reply).toEqual({ dom });
});

test("replies may come in any order", async () => {
  const { server, rpc } = connect();
  const replies = ["a", "b"].map((name) => lookup(rpc, name));
  const calls = [await server.call("DOMAIN_LOOKUP_BY_NAME"), await server.call("DOMAIN_LOOKUP_BY_NAME")];
  for (const { frame, args } of calls.toReversed()) {
    server.send(server.reply(frame, "DOMAIN_LOOKUP_BY_NAME", { dom: { ...dom, name: args.name } }));
  }
  expect(await Promise.all(replies)).toMatchObject([{ dom: { name: "a" } }, { dom: { name: "b" } }]);
});

test("libvirt's errors keep code, part and message, and say what was called", async () => {
  const { server, rpc } = connect();
  const reply = lookup(rpc, "nope");
  const { frame } = await server.call("DOMAIN_LOOKUP_BY_NAME");
  server.send(server.failure(frame, { code: 42, message: "Domain not found" }));
  const error: unknown = await reply.catch((e: unknown) => e);
  expect(error).toBeInstanceOf(LibvirtError);
  expect(error).toMatchObject({
    code: ErrorCode.NO_DOMAIN,
    codeName: "NO_DOMAIN",
    domain: 10,
    message: "Domain not found",
    procedure: "DOMAIN_LOOKUP_BY_NAME",
  });
});

test("no more calls are sent than libvirtd reads", async () => {
  const { server, rpc } = connect({ maxInFlight: 2 });
  const replies = ["a", "b", "c"].map((name) => lookup(rpc, name));
  const first = await server.call("DOMAIN_LOOKUP_BY_NAME");
  await server.call("DOMAIN_LOOKUP_BY_NAME");
  const third = server.call("DOMAIN_LOOKUP_BY_NAME");
  let sent = false;
  void third.then(() => (sent = true));
  await drain();
  expect(sent).toBe(false);
  server.send(server.reply(first.frame, "DOMAIN_LOOKUP_BY_NAME", { dom }));
  expect((await third).args).toEqual({ name: "c" });
  rpc.close();
  await Promise.allSettled(replies);
});

test("an aborted call rejects at once, its late reply is dropped, and it keeps its place until then", async () => {
  const { server, rpc } = connect({ maxInFlight: 1 });
  const abort = new AbortController();
  const reply = lookup(rpc, "slow", abort.signal);
  const { frame } = await server.call("DOMAIN_LOOKUP_BY_NAME");
  abort.abort(new Error("the user went away"));
  await expect(reply).rejects.toThrow("the user went away");
  const next = lookup(rpc, "next");
  server.send(server.reply(frame, "DOMAIN_LOOKUP_BY_NAME", { dom }));
  expect(await server.answer("DOMAIN_LOOKUP_BY_NAME", { dom })).toEqual({ name: "next" });
  expect(await next).toEqual({ dom });
});

test("a call aborted while it waits is never sent", async () => {
  const { server, rpc } = connect({ maxInFlight: 1 });
  const first = lookup(rpc, "first");
  const abort = new AbortController();
  const second = lookup(rpc, "second", abort.signal);
  const third = lookup(rpc, "third");
  abort.abort();
  await expect(second).rejects.toThrow("aborted");
  await server.answer("DOMAIN_LOOKUP_BY_NAME", { dom });
  expect(await server.answer("DOMAIN_LOOKUP_BY_NAME", { dom })).toEqual({ name: "third" });
  await Promise.all([first, third]);
  await expect(lookup(rpc, "x", abort.signal)).rejects.toThrow("aborted");
});

test("a lost connection tells calls that may have been carried out from those that were not", async () => {
  const { server, rpc } = connect({ maxInFlight: 1 });
  const sent = lookup(rpc, "sent");
  const waiting = lookup(rpc, "waiting");
  await server.call("DOMAIN_LOOKUP_BY_NAME");
  server.transport.end();
  await expect(sent).rejects.toMatchObject({ name: "LibvirtDisconnectedError", outcome: "unknown" });
  await expect(waiting).rejects.toMatchObject({ outcome: "unsent" });
  await expect(lookup(rpc, "later")).rejects.toMatchObject({ outcome: "unsent" });
  expect((await rpc.closed).message).toBe("libvirtd closed the connection");
});

test("arguments that cannot be sent fail before anything is sent", async () => {
  const { server, rpc } = connect();
  await expect(lookup(rpc, "a\0b")).rejects.toThrow("encode the arguments of DOMAIN_LOOKUP_BY_NAME");
  const good = lookup(rpc, "good");
  expect(await server.answer("DOMAIN_LOOKUP_BY_NAME", { dom })).toEqual({ name: "good" });
  await good;
});

test.each<[string, (server: ScriptedServer) => void]>([
  ["HTTP", (server) => server.send(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"))],
  ["a reply to nothing", (server) => server.send(sealFrame(startFrame({ ...pingHeader, program: 1, type: 1 })))],
  ["an unknown type", (server) => server.send(sealFrame(startFrame({ ...pingHeader, program: 1, type: 9 })))],
])("a peer that breaks the protocol is hung up on: %s", async (_, act) => {
  const { server, rpc } = connect();
  const reply = lookup(rpc, "a");
  await server.call("DOMAIN_LOOKUP_BY_NAME");
  act(server);
  await expect(reply).rejects.toBeInstanceOf(LibvirtDisconnectedError);
  expect(await rpc.closed).toBeInstanceOf(LibvirtProtocolError);
});

test("a reply that is not laid out as expected fails its call", async () => {
  const { server, rpc } = connect();
  const reply = lookup(rpc, "a");
  const { frame } = await server.call("DOMAIN_LOOKUP_BY_NAME");
  server.send(sealFrame(startFrame({ ...frame, type: MessageType.REPLY })));
  await expect(reply).rejects.toThrow("the reply to DOMAIN_LOOKUP_BY_NAME is not what we expect");
});

test("a ping is answered", async () => {
  const { server } = connect();
  server.send(sealFrame(startFrame(pingHeader)));
  expect(await server.next()).toMatchObject({ program: KEEPALIVE_PROGRAM, procedure: 2, type: MessageType.EVENT });
});

test("a peer that answers pings lives; one that does not is given up after the last", async () => {
  const clock = new FakeClock();
  const { server, rpc } = connect({ clock, keepalive: { intervalMs: 1000, count: 2 } });
  for (let i = 0; i < 5; i++) {
    await clock.advance(1000);
    expect(await server.next()).toMatchObject({ program: KEEPALIVE_PROGRAM, procedure: 1 });
    server.send(sealFrame(startFrame({ ...pingHeader, procedure: 2 })));
    await clock.advance(1000);
  }
  await clock.advance(2000);
  expect(rpc.isClosed).toBe(false);
  await clock.advance(1000);
  expect((await rpc.closed).message).toBe("libvirtd answered none of 2 pings");
});
