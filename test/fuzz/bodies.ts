import { toBinary, toJson, type DescMethod, type JsonValue, type Message } from "@bufbuild/protobuf";
import { gzipSync } from "node:zlib";
import type { Messages } from "./messages.ts";
import type { Random } from "./random.ts";

export interface Body {
  contentType: string;
  /** Of the whole body, or of its frames. */
  gzip: boolean;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A request in one of the protocols, whole or spoilt. */
export function makeBody(random: Random, messages: Messages, method: DescMethod): Body {
  const json = random.chance(0.6);
  const protocol = random.pick(["connect", "connect", "connect", "grpc-web", "grpc"]);
  const message = messages.make(method.input);
  const content = json ? jsonText(random, messages, method, message) : binary(random, method, message);
  const format = json ? "json" : "proto";
  const gzip = random.chance(0.08);
  if (protocol === "connect" && method.methodKind === "unary") {
    return { contentType: `application/${format}`, gzip, bytes: gzip ? zipped(content) : content };
  }
  const contentType = protocol === "connect" ? `application/connect+${format}` : `application/${protocol}+${format}`;
  return { contentType, gzip, bytes: frames(random, content, gzip) };
}

/** What is sent where a request should be: nothing of it decodes, or hardly. */
export function rubbish(random: Random): Uint8Array<ArrayBuffer> {
  const text = (value: string) => new TextEncoder().encode(value);
  switch (random.below(6)) {
    case 0:
      return random.bytes(random.below(2000));
    case 1:
      return text("[".repeat(random.below(60_000)));
    case 2:
      return text('{"a":'.repeat(random.below(2000)));
    case 3:
      return text(`{"id":"${"\\ud800".repeat(random.below(20))}"}`);
    case 4:
      return text("9".repeat(random.below(5000)));
    default:
      return new Uint8Array(0);
  }
}

function zipped(content: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(content, { level: 1 }));
}

/** Connect's and gRPC's envelope: flags, length, message. Some lie about either. */
function frames(random: Random, content: Uint8Array<ArrayBuffer>, gzip: boolean): Uint8Array<ArrayBuffer> {
  const data = gzip ? zipped(content) : content;
  const count = random.chance(0.9) ? 1 : random.below(4);
  const flags = random.chance(0.93) ? Number(gzip) : random.pick([1, 2, 3, 0x7f, 0x80, 0x81, 0xff]);
  const length = random.chance(0.93)
    ? data.length
    : random.pick([0, 1, data.length + 1, 2 ** 20, 2 ** 31, 2 ** 32 - 1]);
  const all = Buffer.concat(
    Array.from({ length: count }, () => {
      const head = Buffer.alloc(5);
      head[0] = flags;
      head.writeUInt32BE(length, 1);
      return Buffer.concat([head, data]);
    }),
  );
  return new Uint8Array(random.chance(0.97) ? all : all.subarray(0, random.below(all.length + 1)));
}

function jsonText(random: Random, messages: Messages, method: DescMethod, message: Message) {
  let value: JsonValue;
  try {
    value = toJson(method.input, message);
  } catch {
    // A value that JSON cannot hold, as an Any of an unknown type.
    value = { id: messages.string() };
  }
  if (random.chance(0.25)) value = spoilt(random, messages, value);
  let text = JSON.stringify(value);
  if (random.chance(0.02)) text = text.slice(0, random.below(text.length + 1));
  if (random.chance(0.02)) text = text.replace("{", '{"id":"1","id":"2",');
  if (random.chance(0.02)) text = text.replace(/"([^"]*)"\s*:\s*"[^"]*"/, '"$1":"\\ud800"');
  if (random.chance(0.02)) text = text.replace(/\d+/, "1".repeat(400));
  const bytes = new TextEncoder().encode(text);
  if (random.chance(0.02) && bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
}

/** Changes one place of a JSON value into what its schema does not expect. */
function spoilt(random: Random, messages: Messages, value: JsonValue): JsonValue {
  const wrong = (): JsonValue =>
    random.pick<JsonValue>([
      null,
      true,
      -1,
      0.5,
      1e308,
      2 ** 64,
      "",
      messages.string(),
      [],
      {},
      [[[]]],
      { a: { b: {} } },
      "\ud800",
      [null],
      { __proto__: 1, constructor: {} },
      JSON.parse('{"__proto__":{"polluted":true}}') as JsonValue,
      nested(random.below(200)),
    ]);
  if (typeof value !== "object" || value === null || random.chance(0.15)) return wrong();
  if (Array.isArray(value)) {
    if (value.length === 0) return [wrong()];
    const at = random.below(value.length);
    return value.map((item, i) => (i === at ? spoilt(random, messages, item) : item));
  }
  const keys = Object.keys(value);
  if (keys.length === 0 || random.chance(0.15)) return { ...value, [messages.string()]: wrong() };
  const key = random.pick(keys);
  return { ...value, [key]: spoilt(random, messages, value[key]!) };
}

function nested(depth: number): JsonValue {
  let value: JsonValue = {};
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value };
  return value;
}

function binary(random: Random, method: DescMethod, message: Message): Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(toBinary(method.input, message));
  } catch {
    bytes = random.bytes(20);
  }
  if (random.chance(0.6)) return bytes;
  switch (random.below(6)) {
    case 0:
      return bytes.slice(0, random.below(bytes.length + 1));
    case 1:
      for (let i = 0; i < 3 && bytes.length > 0; i++) bytes[random.below(bytes.length)] = random.below(256);
      return bytes;
    case 2:
      // A field of 4 GiB.
      return new Uint8Array([...bytes, 0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    case 3:
      // Groups in groups in groups.
      return new Uint8Array([...bytes, ...Array.from({ length: random.below(5000) }, () => 0x0b)]);
    case 4:
      // Each field with each wire type.
      return new Uint8Array([...bytes, ...Array.from({ length: 30 }, () => (random.below(16) << 3) | random.below(8))]);
    default:
      return new Uint8Array([...bytes, ...nestedFields(random.below(300))]);
  }
}

/** Field 1 that holds field 1 that holds field 1. */
function nestedFields(depth: number): number[] {
  let inner: number[] = [];
  for (let i = 0; i < depth && inner.length < 16_000; i++) {
    const { length } = inner;
    inner = [0x0a, ...(length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7]), ...inner];
  }
  return inner;
}
