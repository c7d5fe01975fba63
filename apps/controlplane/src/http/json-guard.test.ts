import { expect, test } from "vitest";
import { guardedTextDecoder, hasHalfPair, nesting } from "./json-guard.ts";

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

test.each([
  [String.raw`"\ud800"`, true],
  [String.raw`"\udc00"`, true],
  [String.raw`"\udc00\ud800"`, true],
  [String.raw`"\ud83dx\ude00"`, true],
  [String.raw`"\ud83d\n"`, true],
  [String.raw`"\ud83d\ude00"`, false],
  [String.raw`"\\ud800"`, false],
  [String.raw`"\u00e4\ud83d\uDE00\\"`, false],
])("half of a pair in %s: %s", (text, half) => expect(hasHalfPair(text)).toBe(half));
