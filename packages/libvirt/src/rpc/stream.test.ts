import { drain } from "@limiquantix/kit";
import { expect, test } from "vitest";
import { ScriptedServer } from "../../test/scripted-server.ts";
import { procedures } from "../protocol/procedures.ts";
import { MessageStatus, MessageType, sealFrame, startFrame, STREAM_PACKET_BYTES } from "../wire/frame.ts";
import type { Frame } from "../wire/frame.ts";
import { RpcConnection } from "./connection.ts";
import type { LibvirtStream, StreamHole } from "./stream.ts";

const vol = { pool: "default", name: "a.img", key: "/a.img" };
const PROC = { download: "STORAGE_VOL_DOWNLOAD", upload: "STORAGE_VOL_UPLOAD" } as const;

function begin(which: keyof typeof PROC, options: { highWaterBytes?: number; signal?: AbortSignal } = {}) {
  const { signal, ...rest } = options;
  const server = new ScriptedServer();
  const rpc = new RpcConnection(server.client, { keepalive: false, ...rest });
  const name = PROC[which];
  return { server, rpc, name, opened: rpc.stream({ name, procedure: procedures[name], args: { vol }, signal }) };
}

async function open(which: keyof typeof PROC, options: { highWaterBytes?: number; signal?: AbortSignal } = {}) {
  const { server, rpc, name, opened } = begin(which, options);
  const { frame } = await server.call(name);
  server.send(server.reply(frame, name, {}));
  const { stream } = await opened;
  return { server, rpc, frame, stream };
}

async function read(stream: LibvirtStream): Promise<string> {
  let text = "";
  for await (const bytes of stream) text += Buffer.from(bytes).toString();
  return text;
}

const bytes = (text: string) => Buffer.from(text);

/** Takes the client's last word on the stream and confirms it. */
async function confirm(server: ScriptedServer, opener: Frame, status: number): Promise<void> {
  expect(await server.next()).toMatchObject({ type: MessageType.STREAM, serial: opener.serial, status });
  server.send(server.packet(opener, undefined, MessageStatus.OK));
}

test("reading ends at end of file and finishes the stream", async () => {
  const { server, frame, stream } = await open("download");
  const text = read(stream);
  server.send(server.packet(frame, bytes("hel")), server.packet(frame, bytes("lo")), server.packet(frame));
  await confirm(server, frame, MessageStatus.OK);
  expect(await text).toBe("hello");
});

test("data that comes with the reply, before anyone reads, is kept", async () => {
  const { server, name, opened } = begin("download");
  const { frame } = await server.call(name);
  server.send(server.reply(frame, name, {}), server.packet(frame, bytes("early")), server.packet(frame));
  const text = read((await opened).stream);
  await confirm(server, frame, MessageStatus.OK);
  expect(await text).toBe("early");
});

test("an error in the middle comes after the data", async () => {
  const { server, frame, stream } = await open("download");
  const stating = { ...frame, type: MessageType.STREAM };
  server.send(server.packet(frame, bytes("x")), server.failure(stating, { code: 38, message: "I/O error" }));
  const got: string[] = [];
  const reading = (async () => {
    for await (const part of stream) got.push(Buffer.from(part).toString());
  })();
  await expect(reading).rejects.toMatchObject({ code: 38, message: "I/O error", procedure: PROC.download });
  expect(got).toEqual(["x"]);
});

test("leaving the loop aborts", async () => {
  const { server, frame, stream } = await open("download");
  server.send(server.packet(frame, bytes("x")));
  const left = (async () => {
    for await (const _ of stream) break;
  })();
  await confirm(server, frame, MessageStatus.ERROR);
  await left;
});

function hole(frame: Frame): Uint8Array {
  const w = startFrame({ ...frame, type: MessageType.STREAM_HOLE, status: MessageStatus.CONTINUE });
  w.hyper(300_000);
  w.uint(0);
  return sealFrame(w);
}

test("holes come as zeros, or apart", async () => {
  const one = await open("download");
  one.server.send(one.server.packet(one.frame, bytes("x")), hole(one.frame), one.server.packet(one.frame));
  const text = read(one.stream);
  await confirm(one.server, one.frame, MessageStatus.OK);
  expect(await text).toBe(`x${"\0".repeat(300_000)}`);

  const two = await open("download");
  two.server.send(hole(two.frame), two.server.packet(two.frame));
  const parts: (Uint8Array | StreamHole)[] = [];
  const reading = (async () => {
    for await (const part of two.stream.parts()) parts.push(part);
  })();
  await confirm(two.server, two.frame, MessageStatus.OK);
  await reading;
  expect(parts).toEqual([{ holeBytes: 300_000 }]);
});

test("writing goes in packets that libvirtd takes, and finish waits for its word", async () => {
  const { server, frame, stream } = await open("upload");
  const data = new Uint8Array(STREAM_PACKET_BYTES + 5).fill(9);
  const sending = (async () => {
    await stream.write(data);
    await stream.writeHole(4096);
    await stream.finish();
  })();
  const sizes = [];
  for (let i = 0; i < 3; i++) {
    const { type, payload } = await server.next();
    sizes.push([type, payload.length]);
  }
  expect(sizes).toEqual([
    [MessageType.STREAM, STREAM_PACKET_BYTES],
    [MessageType.STREAM, 5],
    [MessageType.STREAM_HOLE, 12],
  ]);
  await confirm(server, frame, MessageStatus.OK);
  await sending;
  await expect(stream.write(data)).rejects.toThrow("the stream is ended");
});

test("finish rejects with libvirtd's error, and so does a write after one", async () => {
  const { server, frame, stream } = await open("upload");
  const finished = stream.finish();
  const failing = server.failure({ ...frame, type: MessageType.STREAM }, { code: 38, message: "No space left" });
  await server.next();
  server.send(failing);
  await expect(finished).rejects.toThrow("No space left");
  await expect(stream.write(bytes("x"))).rejects.toThrow("No space left");
});

test("a writer waits while the peer does not take data", async () => {
  const { server, frame, stream } = await open("upload");
  server.transport.pause();
  let written = 0;
  const sending = (async () => {
    for (; written < 20; written++) await stream.write(new Uint8Array(50_000));
    await stream.finish();
  })();
  await drain();
  expect(written).toBeLessThan(20);
  server.transport.resume();
  for (let i = 0; i < 20; i++) expect((await server.next()).payload.length).toBe(50_000);
  await confirm(server, frame, MessageStatus.OK);
  await sending;
});

test("a reader that does not read stops the peer", async () => {
  const { server, frame, stream } = await open("download", { highWaterBytes: 100_000 });
  let sent = 0;
  while (sent < 100 && server.send(server.packet(frame, new Uint8Array(50_000)))) {
    sent++;
    await drain(1);
  }
  expect(sent).toBeLessThan(100);
  const text = read(stream);
  server.send(server.packet(frame));
  await confirm(server, frame, MessageStatus.OK);
  expect((await text).length).toBe((sent + 1) * 50_000);
});

test("the signal aborts an open stream, and one whose reply comes late", async () => {
  const abort = new AbortController();
  const { server, frame, stream } = await open("download", { signal: abort.signal });
  const text = read(stream);
  abort.abort(new Error("console closed"));
  const rejected = expect(text).rejects.toThrow("console closed");
  await confirm(server, frame, MessageStatus.ERROR);
  await rejected;

  const early = new AbortController();
  const late = begin("download", { signal: early.signal });
  const call = await late.server.call(late.name);
  early.abort(new Error("too late"));
  await expect(late.opened).rejects.toThrow("too late");
  late.server.send(late.server.reply(call.frame, late.name, {}));
  await confirm(late.server, call.frame, MessageStatus.ERROR);
});

test("a call that is refused opens no stream", async () => {
  const { server, name, opened } = begin("upload");
  const { frame } = await server.call(name);
  server.send(server.failure(frame, { code: 50, message: "no such volume" }));
  await expect(opened).rejects.toThrow("no such volume");
});

test("a lost connection ends reader and writer", async () => {
  const { server, stream } = await open("download");
  const text = read(stream);
  server.transport.end();
  await expect(text).rejects.toMatchObject({ name: "LibvirtDisconnectedError" });
  await expect(stream.write(bytes("x"))).rejects.toThrow();
  await stream.over;
});
