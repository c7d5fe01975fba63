import * as fc from "fast-check";
import { expect, test } from "vitest";
import { uuidFromString, uuidToString } from "./uuid.ts";

test("there and back", () => {
  fc.assert(
    fc.property(fc.uuid(), (text) => {
      expect(uuidToString(uuidFromString(text))).toBe(text);
    }),
  );
  expect(uuidToString(uuidFromString("6BA7B8109DAD11D180B400C04FD430C8"))).toBe("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
});

test("what is no UUID", () => {
  expect(() => uuidFromString("6ba7b810-9dad-11d1-80b4-00c04fd430c")).toThrow(RangeError);
  expect(() => uuidFromString("../../etc/passwd")).toThrow(RangeError);
  expect(() => uuidToString(new Uint8Array(15))).toThrow(RangeError);
});
