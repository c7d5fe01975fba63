import { expect, test } from "vitest";
import { guardedTextDecoder, nesting } from "./json-guard.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test.each([
  ["{}", 1],
  ["1", 0],
  ['{"a":[{"b":1},{"c":[]}]}', 4],
  [String.raw`{"a":"[[[[\"[[[[","b":"\\"}`, 1],
  ["[".repeat(500), 500],
])("%s", (text, depth) => expect(nesting(bytes(text))).toBe(depth));

test("a bomb is refused where it becomes too deep, and bytes that are no UTF-8", () => {
  const bomb = bytes("[".repeat(1_000_000));
  expect(nesting(bomb, 64)).toBe(65);
  expect(() => guardedTextDecoder.decode(bomb)).toThrow("deeper than 64");
  expect(() => guardedTextDecoder.decode(new Uint8Array([0x22, 0xff, 0x22]))).toThrow();
  expect(guardedTextDecoder.decode(bytes('{"a":"ü"}'))).toBe('{"a":"ü"}');
});
