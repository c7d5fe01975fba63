import { describe, expect, test } from "vitest";
import { aroundChanges, diffLines } from "./line-diff.ts";

const shown = (before: string, after: string) =>
  diffLines(before, after).map(({ kind, text }) => `${{ same: " ", added: "+", removed: "-" }[kind]}${text}`);

describe("diffLines", () => {
  test("tells what went and what came, in the order of the text", () => {
    expect(shown("a\nb\nc\nd", "a\nx\nc\ne\nd")).toEqual([" a", "-b", "+x", " c", "+e", " d"]);
  });
  test("of the same text is all the same", () => {
    expect(shown("a\nb", "a\nb")).toEqual([" a", " b"]);
  });
  test("makes the one of the other whatever they are", () => {
    for (const [before, after] of [
      ["", "a"],
      ["a\na\na", "a"],
      ["a\nb\nc", "c\nb\na"],
    ] as const) {
      const lines = diffLines(before, after);
      const side = (other: string) => lines.filter(({ kind }) => kind !== other).map(({ text }) => text);
      expect(side("added").join("\n")).toBe(before);
      expect(side("removed").join("\n")).toBe(after);
    }
  });
});

test("aroundChanges leaves out what is far from a change, and counts it", () => {
  const before = Array.from({ length: 20 }, (_, i) => `line ${i}`);
  const after = before.with(10, "other");
  const lines = aroundChanges(diffLines(before.join("\n"), after.join("\n")), 2);
  expect(lines[0]).toBe(8);
  expect(lines.at(-1)).toBe(7);
  expect(lines.filter((line) => typeof line !== "number")).toHaveLength(6);
});
