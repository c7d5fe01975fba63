import { expect, test } from "vitest";
import { labelsText, parseLabels } from "./labels.ts";

test("labels are written and read back", () => {
  const labels = { stage: "prod", "example.com/owner": "team=shop", empty: "" };
  expect(parseLabels(labelsText(labels))).toEqual({ labels });
});

test("the order of labels is that of their keys", () => {
  expect(labelsText({ b: "2", a: "1" })).toBe("a=1\nb=2");
});

test.each([
  ["stage", "Line 1"],
  ["a=1\nnothing", "Line 2"],
  ["a=1\na=2", "a is there twice"],
  ["-a=1", "-a:"],
  ["=1", "=1:"],
])("%j is refused", (text, fault) => {
  const parsed = parseLabels(text);
  expect("fault" in parsed && parsed.fault).toContain(fault);
});
