import { connect, type Socket } from "node:net";
import type { Random } from "./random.ts";

const list = "/limiquantix.compute.v1.VMService/ListVMs";
const upload = "/limiquantix.storage.v1.ImageService/UploadImage";

/** One exchange of raw bytes, and how the connection is left: ended, half-closed, reset or left hanging. */
export interface Exchange {
  bytes: Uint8Array;
  leave: "end" | "destroy" | "reset" | "hang";
}

/** HTTP/1.1 that is broken in one way or another, and things that are no HTTP at all. */
export function http1(random: Random): Exchange {
  const leave = random.pick(["end", "end", "destroy", "reset", "hang"] as const);
  const path = random.pick([list, upload, "/health", "/metrics", "/console/x", "/../..", "*", "http://x/", "/%00"]);
  const type = random.pick([
    "application/json",
    "application/connect+json",
    "application/grpc-web+proto",
    "text/xml",
    "",
  ]);
  const verb = random.pick(["POST", "GET", "PUT", "CONNECT", "TRACE", "PRI", "OPTIONS", "FOO", "P\0ST", "HEAD"]);
  const head = [
    `${verb} ${path} ${random.pick(["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/9.9", "HTTP/2.0", ""])}`,
    random.pick(["Host: localhost", "Host: localhost", "Host: [", "Host:", "Host: a\r\nHost: b", "X: y"]),
    `Content-Type: ${type}`,
    random.pick([
      "Content-Length: 10",
      "Content-Length: 4294967296",
      "Content-Length: -1",
      "Transfer-Encoding: chunked",
      "Transfer-Encoding: gzip, chunked",
      "Content-Length: 2\r\nTransfer-Encoding: chunked",
      "Expect: 100-continue",
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x",
      "Trailer: x",
      "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    ]),
    ...random.pick<string[]>([
      [],
      [],
      [`X: ${"y".repeat(random.below(40_000))}`],
      Array.from({ length: random.below(500) }, (_, i) => `X-${i}: y`),
      ["Content-Encoding: gzip"],
      ["Connect-Content-Encoding: gzip"],
      ["Bad Header : x"],
      [" folded: x"],
      ["X: \0"],
    ]),
  ].join("\r\n");
  const body = random.pick<string | Uint8Array>([
    "{}",
    "",
    "[".repeat(random.below(3000)),
    "5\r\nhello\r\n0\r\n\r\n",
    "ffffffffff\r\n",
    "0\r\nX: y\r\n\r\n",
    "-1\r\n",
    random.bytes(random.below(500)),
    frame(random, random.below(256), random.pick([0, 5, 2 ** 32 - 1, 9_000_000])),
    frame(random, 0x80, 10),
    `{"a":"${"\\ud800".repeat(10)}"}`,
  ]);
  const whole = Buffer.concat([Buffer.from(`${head}\r\n\r\n`, "latin1"), Buffer.from(body as string)]);
  if (random.chance(0.1)) return { bytes: random.bytes(random.below(4000)), leave };
  if (random.chance(0.1)) return { bytes: whole.subarray(0, random.below(whole.length)), leave };
  if (random.chance(0.1)) return { bytes: Buffer.concat([whole, whole, whole]), leave };
  return { bytes: whole, leave };
}

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const settings = h2(4, 0, 0, new Uint8Array(0));

/** HTTP/2 frames of all kinds in any order, with lengths, streams and contents that do not fit. */
export function http2(random: Random): Exchange {
  const frames = Array.from({ length: random.below(30) }, () => {
    const type = random.below(12);
    const payload =
      type === 1 ? Buffer.from([0x82, 0x86, 0x84, ...random.bytes(random.below(40))]) : random.bytes(random.below(200));
    const stream = random.pick([0, 1, 1, 3, 5, 2, 2 ** 31 - 1]);
    const made = h2(type, random.below(256), stream, payload);
    // A length that lies.
    if (random.chance(0.1)) made.writeUIntBE(random.pick([0, 1, 0xffffff, 16_385]), 0, 3);
    return made;
  });
  const start = random.chance(0.95) ? preface : preface.subarray(0, random.below(preface.length));
  const leave = random.pick(["end", "destroy", "reset", "hang"] as const);
  return { bytes: Buffer.concat([start, random.chance(0.9) ? settings : Buffer.alloc(0), ...frames]), leave };
}

/** The floods by which HTTP/2 servers have died. `:method POST`, `:path` and the like are as short as HPACK has them. */
export function floods(): Record<string, Uint8Array> {
  const headers = Buffer.from([0x83, 0x86, 0x84, 0x41, 0x01, 0x78]);
  const many = (count: number, make: (i: number) => Buffer) =>
    Buffer.concat(Array.from({ length: count }, (_, i) => make(i)));
  const begin = Buffer.concat([preface, settings]);
  const flood = (frames: Buffer) => Buffer.concat([begin, frames]);
  return {
    // CVE-2023-44487
    "rapid reset": flood(
      many(20_000, (i) =>
        Buffer.concat([h2(1, 5, i * 2 + 1, headers), h2(3, 0, i * 2 + 1, Buffer.from([0, 0, 0, 8]))]),
      ),
    ),
    // VU#421644
    continuations: flood(
      Buffer.concat([h2(1, 0, 1, headers), many(5000, () => h2(9, 0, 1, Buffer.alloc(1000, 0x40)))]),
    ),
    // CVE-2019-9512
    pings: flood(many(50_000, () => h2(6, 0, 0, Buffer.alloc(8)))),
    // CVE-2019-9515
    settings: flood(many(50_000, () => settings)),
    // CVE-2019-9518
    "empty frames": flood(Buffer.concat([h2(1, 4, 1, headers), many(50_000, () => h2(0, 0, 1, Buffer.alloc(0)))])),
    priorities: flood(many(50_000, (i) => h2(2, 0, i * 2 + 1, Buffer.alloc(5)))),
    "window of zero": Buffer.concat([
      preface,
      h2(4, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0])),
      many(2000, (i) => h2(1, 5, i * 2 + 1, headers)),
    ]),
  };
}

/** Plays an exchange; resolves when the connection is over, or after `mostMs` of silence, with what came back. */
export function play(
  port: number,
  { bytes, leave }: Exchange,
  mostMs: number,
): Promise<{ socket: Socket; answer: string }> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const done = () => {
      clearTimeout(timer);
      resolve({ socket, answer });
    };
    const timer = setTimeout(() => {
      if (leave !== "hang") socket.destroy();
      done();
    }, mostMs);
    socket.on("data", (data) => {
      if (answer.length < 4000) answer += data.toString("latin1");
    });
    socket.on("close", done);
    socket.on("end", () => socket.end());
    socket.on("error", () => {});
    socket.on("connect", () => {
      socket.write(bytes, () => {
        if (leave === "end") socket.end();
        if (leave === "destroy") socket.destroy();
        if (leave === "reset") socket.resetAndDestroy();
      });
    });
  });
}

function h2(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function frame(random: Random, flags: number, length: number): Uint8Array {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, random.bytes(random.below(50))]);
}
