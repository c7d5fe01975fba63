import { systemClock } from "@limiquantix/kit";
import { XdrWriter } from "@limiquantix/libvirt/xdr";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { NfsCalls } from "./nfs-calls.ts";
import { RpcConnection } from "./rpc-connection.ts";
import { asRecord, RecordReader } from "./record-reader.ts";

/** A server that answers each call as told, with what comes behind the accepted reply's head. */
async function serve(answer: (procedure: number, socket: Socket) => Uint8Array | undefined, timeoutMs = 60_000) {
  const server = createServer((socket) => {
    const records = new RecordReader();
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      for (const call of records.take(chunk)) {
        const results = answer(call.readUInt32BE(20), socket);
        if (!results) continue;
        const w = new XdrWriter();
        for (const word of [call.readUInt32BE(0), 1, 0, 0, 0, 0]) w.uint(word);
        w.unpadded(results);
        socket.write(asRecord(w.bytes()));
      }
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const options = { host: "127.0.0.1", port, clock: systemClock, timeoutMs };
  const connection = await RpcConnection.open(options);
  onTestFinished(() => connection[Symbol.dispose]());
  return { connection, calls: new NfsCalls(connection, options) };
}

const words = (...list: number[]) => {
  const w = new XdrWriter();
  for (const word of list) w.uint(word);
  return w.bytes();
};

const handle = new Uint8Array(8);

test("answers find their calls in whatever order they come", async () => {
  const late: (() => void)[] = [];
  const { connection } = await serve((procedure, socket) => {
    if (procedure !== 1) return words(procedure);
    late.push(() => socket.resume());
    return words(1);
  });
  const call = (procedure: number) =>
    connection.call({ program: 1, version: 1, procedure }, () => {}).then((r) => r.uint());
  expect(await Promise.all([3, 1, 2].map(call))).toEqual([3, 1, 2]);
});

test("a server that does not answer is given up, and all that wait for it", async () => {
  const { connection } = await serve(() => undefined, 200);
  const calls = [1, 2].map((procedure) => connection.call({ program: 1, version: 1, procedure }, () => {}));
  for (const call of await Promise.allSettled(calls))
    expect(call).toMatchObject({ status: "rejected", reason: { code: "ETIMEDOUT" } });
  expect(connection.isOpen).toBe(false);
});

test("a server that goes away says so, to those that wait and to those that come", async () => {
  const { connection } = await serve((_, socket) => void socket.destroy());
  const call = () => connection.call({ program: 1, version: 1, procedure: 1 }, () => {});
  await expect(call()).rejects.toMatchObject({ code: "ECONNRESET" });
  await expect(call()).rejects.toMatchObject({ code: "ECONNRESET" });
});

test("a port below 1024, where nearly all of them are taken", async () => {
  const taken = await Promise.all(Array.from({ length: 359 }, (_, i) => i + 665).map(listenAt));
  onTestFinished(() => taken.forEach((server) => server?.close()));
  const free = taken.findLast((server) => server);
  await new Promise((closed) => free?.close(closed));
  const server = createServer((socket) => void socket.on("error", () => {})).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const { port } = server.address() as AddressInfo;
  using connection = await RpcConnection.open({ host: "127.0.0.1", port, clock: systemClock, timeoutMs: 60_000 });
  expect((await accepted)[0].remotePort).toBeLessThan(1024);
  expect(connection.isOpen).toBe(true);
});

/** Undefined where somebody else is there. */
async function listenAt(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(undefined)).listen(port, "127.0.0.1", () => resolve(server));
  });
}

test("nobody there, and one that speaks something else", async () => {
  const options = { host: "127.0.0.1", port: 1, clock: systemClock, timeoutMs: 60_000 };
  await expect(RpcConnection.open(options)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  const { connection } = await serve((_, socket) => void socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const call = connection.call({ program: 1, version: 1, procedure: 1 }, () => {});
  await expect(call).rejects.toMatchObject({ code: "EPROTO" });
});

test("the server's no has the system's name for it", async () => {
  const { calls } = await serve(() => words(28));
  await expect(calls.write(handle, 0, new Uint8Array(4))).rejects.toMatchObject({ code: "ENOSPC" });
  const unknown = await serve(() => words(10_006));
  await expect(unknown.calls.getAttributes(handle)).rejects.toThrow("NFS error 10006");
});

test("a server that asks for patience is asked again", async () => {
  let asked = 0;
  const { calls } = await serve(() => (++asked === 1 ? words(10_008) : words(0, 0, 0, 0, 0, 0)));
  await calls.commit(handle);
  expect(asked).toBe(2);
});

test("a directory is read to its end, page by page", async () => {
  let page = 0;
  const { calls } = await serve(() => {
    const w = new XdrWriter();
    w.uint(0);
    w.uint(0);
    w.raw(new Uint8Array(8));
    for (const name of page === 0 ? [".", "..", "a"] : ["b"]) {
      w.uint(1);
      w.uhyper(1);
      w.string(name, 255);
      w.uhyper(page + 1);
      w.uint(0);
      w.uint(name === "b" ? 1 : 0);
      if (name === "b") w.opaque(handle, 64);
    }
    w.uint(0);
    w.uint(page++);
    return w.bytes();
  });
  expect((await calls.list(handle)).map(({ name, handle }) => [name, handle?.length])).toEqual([
    ["a", undefined],
    ["b", 8],
  ]);
});
