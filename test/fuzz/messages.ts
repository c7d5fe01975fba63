import { create, ScalarType, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import type { Random } from "./random.ts";

const strange = [
  "",
  " ",
  "x",
  "../../etc/passwd",
  "/",
  ".",
  "..",
  "a/b",
  "%2e%2e",
  "\0",
  "a\0b",
  "\r\nx: y",
  "'; drop table rows; --",
  "<script>alert(1)</script>",
  "${7*7}",
  "$(reboot)",
  "`id`",
  "\u202e",
  "\u0000",
  "\ud83d\ude00",
  "e\u0301",
  "-1",
  "0",
  "1e400",
  "NaN",
  "null",
  "true",
  "[]",
  "{}",
  "*",
  "vm.*",
  "root",
  "default",
  "admin",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "a".repeat(63),
  "a".repeat(64),
  "a".repeat(253),
  "a".repeat(256),
  "ü".repeat(300),
  "x".repeat(5000),
  "018f0000-0000-7000-8000-000000000001",
  "00000000-0000-0000-0000-000000000000",
  "127.0.0.1",
  "192.0.2.0/24",
  "::1",
  "2001:db8::/32",
  "52:54:00:00:00:01",
  "http://127.0.0.1:1/x.qcow2",
  "file:///etc/passwd",
  "http://user:secret@127.0.0.1:1/",
  "ldap://127.0.0.1:1",
  "https://127.0.0.1:1",
  "name",
  "cpu.cores",
  "spec",
  "name desc",
  "eyJwIjoxfQ",
  "AAAA",
  "sha256:00",
  "#cloud-config\n",
  "%",
  "%s%n",
  "2026-01-01T00:00:00Z",
  "(",
  "[a-",
  "a{1,99999}",
] as const;

const integers = [0, 1, 2, 3, 7, 16, 63, 64, 100, 255, 256, 1024, 65_535, 65_536, 2 ** 31 - 1, -1, -(2 ** 31)];
const longs = [0n, 1n, 2n, 64n, 1024n, 4096n, 2n ** 31n, 2n ** 53n, 2n ** 63n - 1n, -1n, -(2n ** 63n)];

/** Makes messages of any schema: fit, at the bounds, and wrong. `known` are strings that mean something to the server. */
export class Messages {
  readonly #random: Random;
  readonly #known: readonly string[];
  /** Keeps what it makes plausible, so that it gets past the rules in the proto. */
  #fit = false;

  constructor(random: Random, known: readonly string[]) {
    this.#random = random;
    this.#known = known;
  }

  make(schema: DescMessage, depth = 0): Message {
    if (depth === 0) this.#fit = this.#random.chance(0.5);
    const message = reflect(schema);
    const density = this.#random.pick([0.1, 0.4, 0.7]);
    for (const member of message.members) {
      if (!this.#random.chance(density)) continue;
      const field = member.kind === "oneof" ? this.#random.pick(member.fields) : member;
      this.#set(message, field, depth);
    }
    return message.message;
  }

  string(): string {
    const random = this.#random;
    if (random.chance(0.5) && this.#known.length > 0) return random.pick(this.#known);
    return random.chance(0.7) ? random.pick(strange) : `fuzz-${random.below(50)}`;
  }

  #set(message: ReflectMessage, field: DescField, depth: number): void {
    const random = this.#random;
    const count = random.pick([0, 1, 1, 2, 5]);
    if (field.fieldKind === "list") {
      const list = message.get(field);
      for (let i = 0; i < count; i++) {
        const item = this.#item(field.listKind, field, depth);
        if (item !== undefined) list.add(item);
      }
    } else if (field.fieldKind === "map") {
      const map = message.get(field);
      for (let i = 0; i < count; i++) {
        const key = field.mapKey === ScalarType.STRING ? this.string() : this.#scalar(field.mapKey);
        const item = this.#item(field.mapKind, field, depth);
        if (item !== undefined) map.set(key as string, item);
      }
    } else {
      const item = this.#item(field.fieldKind, field, depth);
      if (item !== undefined) message.set(field, item as never);
    }
  }

  #item(kind: "scalar" | "enum" | "message", field: DescField, depth: number): unknown {
    const isPlain = field.scalar !== ScalarType.BOOL && field.scalar !== ScalarType.BYTES;
    if (kind === "scalar" && this.#fit && isPlain) return this.#fitting(field);
    if (kind === "scalar") return this.#scalar(field.scalar as ScalarType);
    if (kind === "enum") {
      const numbers = field.enum?.values.map((value) => value.number) ?? [0];
      return this.#random.chance(0.95) ? this.#random.pick(numbers) : this.#random.pick([-1, 99, 2 ** 31 - 1]);
    }
    if (depth > 5 || !field.message) return undefined;
    return reflect(field.message, depth > 4 ? create(field.message) : this.make(field.message, depth + 1));
  }

  #fitting({ name, scalar }: DescField): unknown {
    const random = this.#random;
    const ids = this.#known.filter((text) => text.length === 36);
    if (scalar === ScalarType.STRING) {
      if (/(^|_)ids?$/.test(name) && ids.length > 0) return random.pick(ids);
      if (/(^|_)(user)?name$/.test(name)) return random.chance(0.6) ? `fuzz-${random.below(50)}` : this.string();
      return random.chance(0.7) ? "" : this.string();
    }
    const small = random.pick([0, 1, 1, 2, 4, 16]);
    return typeof zeroOf(scalar) === "bigint" ? BigInt(small) : small;
  }

  #scalar(type: ScalarType): unknown {
    const random = this.#random;
    const unsigned = <T extends number | bigint>(values: readonly T[]) => random.pick(values.filter((v) => v >= 0));
    switch (type) {
      case ScalarType.STRING:
        return this.string();
      case ScalarType.BYTES:
        return random.bytes(random.pick([0, 1, 16, 300]));
      case ScalarType.BOOL:
        return random.chance(0.5);
      case ScalarType.DOUBLE:
      case ScalarType.FLOAT:
        return random.pick([0, 1, -1, 0.5, 1e30, Number.NaN, Number.POSITIVE_INFINITY]);
      case ScalarType.INT64:
      case ScalarType.SINT64:
      case ScalarType.SFIXED64:
        return random.pick(longs);
      case ScalarType.UINT64:
      case ScalarType.FIXED64:
        return unsigned(longs);
      case ScalarType.UINT32:
      case ScalarType.FIXED32:
        return unsigned(integers);
      default:
        return random.pick(integers);
    }
  }
}

const wide = new Set([ScalarType.INT64, ScalarType.UINT64, ScalarType.SINT64, ScalarType.FIXED64, ScalarType.SFIXED64]);

function zeroOf(type: ScalarType | undefined): number | bigint {
  return type !== undefined && wide.has(type) ? 0n : 0;
}
