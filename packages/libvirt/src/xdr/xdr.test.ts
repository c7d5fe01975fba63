import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RandomReader } from "../../test/random-reader.ts";
import { errorMessage } from "../errors.ts";
import { events } from "../protocol/events.ts";
import { procedures } from "../protocol/procedures.ts";
import { typedParam } from "../protocol/typed-param.ts";
import { XdrError } from "./error.ts";
import { XdrReader } from "./reader.ts";
import {
  charArray,
  double,
  fixedOpaque,
  hyper,
  int,
  list,
  opaque,
  opt,
  string,
  struct,
  uhyper,
  uint,
} from "./types.ts";
import type { AnyXdr, Xdr } from "./types.ts";
import { XdrWriter } from "./writer.ts";

function encode<In>(type: Xdr<unknown, In>, value: In): Uint8Array {
  const w = new XdrWriter(4);
  type.encode(w, value);
  return w.bytes().slice();
}

function hex<In>(type: Xdr<unknown, In>, value: In): string {
  return Buffer.from(encode(type, value)).toString("hex");
}

/** Encodes, decodes, and sees that nothing is left over. */
function roundTrip<Out, In>(type: Xdr<Out, In>, value: In): Out {
  const r = new XdrReader(encode(type, value));
  const out = type.decode(r);
  expect(r.remaining).toBe(0);
  return out;
}

describe("bytes on the wire (RFC 4506)", () => {
  test("integers are big-endian, in four or eight bytes", () => {
    expect(hex(int, -2)).toBe("fffffffe");
    expect(hex(uint, 0xdead_beef)).toBe("deadbeef");
    expect(hex(hyper, -2n)).toBe("fffffffffffffffe");
    expect(hex(uhyper, 2n ** 64n - 1n)).toBe("ffffffffffffffff");
    expect(hex(double, 1)).toBe("3ff0000000000000");
  });

  test("strings and bytes have a count and are padded to four", () => {
    expect(hex(string, "abcde")).toBe("000000056162636465000000");
    expect(hex(opaque(8), Uint8Array.of(1, 2, 3, 4))).toBe("0000000401020304");
    expect(hex(fixedOpaque(3), Uint8Array.of(1, 2, 3))).toBe("01020300");
  });

  test("an absent value is 0, a present one is 1 and the value", () => {
    expect(hex(opt(int), null)).toBe("00000000");
    expect(hex(opt(int), undefined)).toBe("00000000");
    expect(hex(opt(int), 7)).toBe("0000000100000007");
  });

  test("lists have a count; structs are their fields", () => {
    expect(hex(list(struct({ a: int, b: string }), 4), [{ a: 1, b: "x" }])).toBe("00000001000000010000000178000000");
  });

  test("a C char array takes four bytes per char", () => {
    expect(hex(charArray(2), "A")).toBe("0000004100000000");
    expect(roundTrip(charArray(8), "x86_64")).toBe("x86_64");
  });

  test("a typed parameter is its name, the type's number and the value", () => {
    expect(hex(typedParam, { field: "a", type: "boolean", value: true })).toBe("00000001610000000000000600000001");
  });
});

describe("round trips", () => {
  test("integers", () => {
    fc.assert(
      fc.property(fc.integer(), (v) => {
        expect(roundTrip(int, v)).toBe(v);
      }),
    );
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (v) => {
        expect(roundTrip(uint, v)).toBe(v);
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (v) => {
        const out = roundTrip(hyper, v);
        expect(BigInt(out)).toBe(v);
        expect(typeof out).toBe(Number.isSafeInteger(Number(v)) ? "number" : "bigint");
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (v) => {
        expect(BigInt(roundTrip(uhyper, v))).toBe(v);
      }),
    );
  });

  test("doubles, strings and bytes", () => {
    fc.assert(
      fc.property(fc.double(), (v) => {
        expect(roundTrip(double, v)).toBe(v);
      }),
    );
    const text = fc.string({ unit: "grapheme" }).filter((s) => !s.includes("\0"));
    fc.assert(
      fc.property(text, (v) => {
        expect(roundTrip(string, v)).toBe(v);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (v) => {
        expect(roundTrip(opaque(64), v)).toEqual(v);
      }),
    );
  });

  const layouts: [string, AnyXdr][] = [["error", errorMessage]];
  for (const [name, { args, result }] of Object.entries(procedures)) {
    layouts.push([`arguments of ${name}`, args], [`result of ${name}`, result]);
  }
  for (const [name, { message }] of Object.entries(events)) layouts.push([`message of ${name}`, message]);

  test("every layout of the tables takes back what it gave", () => {
    for (const [name, layout] of layouts) {
      const random = fc.infiniteStream(fc.double({ min: 0, max: 0.999_999, noNaN: true }));
      fc.assert(
        fc.property(random, (numbers) => {
          const made = layout.decode(new RandomReader(() => numbers.next().value as number));
          expect(roundTrip(layout as Xdr<unknown>, made), name).toEqual(made);
        }),
        { numRuns: 5 },
      );
    }
  });

  test("any bytes either decode or are refused with an XdrError", () => {
    const some = fc.constantFrom(...layouts);
    fc.assert(
      fc.property(some, fc.uint8Array({ maxLength: 200 }), ([, layout], bytes) => {
        try {
          layout.decode(new XdrReader(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(XdrError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("refusals", () => {
  test.each<[string, () => unknown]>([
    ["an int too large", () => encode(int, 2 ** 31)],
    ["a fraction", () => encode(uint, 1.5)],
    ["a negative uint", () => encode(uint, -1)],
    ["a number that is not exact", () => encode(hyper, 2 ** 60)],
    ["a uhyper below zero", () => encode(uhyper, -1)],
    ["a NUL in a string", () => encode(string, "/etc/passwd\0.qcow2")],
    ["too many bytes", () => encode(opaque(2), new Uint8Array(3))],
    ["a UUID that is too short", () => encode(fixedOpaque(16), new Uint8Array(15))],
    ["a list that is too long", () => encode(list(int, 1), [1, 2])],
    ["a count beyond the message", () => list(int, 1000).decode(new XdrReader(Uint8Array.of(0, 0, 3, 232)))],
    ["a string beyond the message", () => string.decode(new XdrReader(Uint8Array.of(0, 0, 0, 9, 65)))],
    ["an unknown typed parameter", () => typedParam.decode(new XdrReader(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9)))],
  ])("%s", (_, act) => {
    expect(act).toThrow(XdrError);
  });

  test("name the field", () => {
    const args = procedures.DOMAIN_SET_VCPUS_FLAGS.args;
    const dom = { name: "a", uuid: new Uint8Array(16) };
    expect(() => encode(args, { dom, nvcpus: -1 })).toThrow(/^nvcpus: -1 is not/);
    expect(() => encode(args, { dom: { name: "a", uuid: new Uint8Array(1) }, nvcpus: 1 })).toThrow(
      /^dom: uuid: 1 byte/,
    );
  });
});
