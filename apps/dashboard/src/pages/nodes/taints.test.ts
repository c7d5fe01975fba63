import { Taint_Effect } from "@limiquantix/api";
import { describe, expect, test } from "vitest";
import { duration } from "./duration.ts";
import { labelsText, parseLabels, parseTaints, taintText } from "./taints.ts";

describe("taints", () => {
  test("are read and written the same", () => {
    const text = "gpu=yes:NO_SCHEDULE\nold:PREFER_NO_SCHEDULE";
    const taints = parseTaints(`${text}\n\n`);
    expect(taints.error).toBeUndefined();
    if (taints.error !== undefined) return;
    expect(taints.value).toMatchObject([
      { key: "gpu", value: "yes", effect: Taint_Effect.NO_SCHEDULE },
      { key: "old", value: "", effect: Taint_Effect.PREFER_NO_SCHEDULE },
    ]);
    expect(taints.value.map(taintText).join("\n")).toBe(text);
  });

  test.each(["gpu", "gpu=yes", "gpu=yes:NEVER", "gpu=yes:UNKNOWN", " =x:NO_SCHEDULE"])("%s is none", (line) => {
    expect(parseTaints(line).error).toContain(line.trim());
  });
});

describe("labels", () => {
  test("are read and written the same; a value may be empty or have an equals sign", () => {
    const text = "zone=a\nempty=\nequation=a=b";
    expect(parseLabels(text)).toEqual({ value: { zone: "a", empty: "", equation: "a=b" } });
    expect(labelsText({ zone: "a", empty: "", equation: "a=b" })).toBe(text);
  });

  test.each(["zone", "=a", "-zone=a"])("%s is none", (line) => expect(parseLabels(line).error).toContain(line));
});

test.each([
  [0, "0 s"],
  [59, "59 s"],
  [3600, "1 h"],
  [3660, "1 h 1 min"],
  [200_000, "2 d 7 h"],
])("%i seconds are %s", (seconds, text) => expect(duration(seconds)).toBe(text));
