import { expect, test } from "vitest";
import { keysym, keystrokesOf } from "./keysyms.ts";

test("text becomes keys of a US keyboard", () => {
  expect(keystrokesOf("aA!\t\r\n1").strokes).toEqual([
    { keysym: 0x61, shift: false },
    { keysym: 0x41, shift: true },
    { keysym: 0x21, shift: true },
    { keysym: keysym.tab, shift: false },
    { keysym: keysym.enter, shift: false },
    { keysym: 0x31, shift: false },
  ]);
});

test("what has no key is counted, not typed", () => {
  expect(keystrokesOf("né😀\u0007")).toEqual({ strokes: [{ keysym: 0x6e, shift: false }], leftOut: 3 });
});
