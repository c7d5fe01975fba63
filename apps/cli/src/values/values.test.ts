import { describe, expect, test } from "vitest";
import { UsageError } from "../usage-error.ts";
import { parseCount } from "./count.ts";
import { formatAge, parseSeconds } from "./duration.ts";
import { applyLabelChanges, collectLabels, formatLabels, parseLabelChanges } from "./labels.ts";
import { parseGib, parseMib, parseSize } from "./size.ts";
import { parseTaint } from "./taint.ts";

describe("sizes", () => {
  test.each([
    ["2GiB", 2 * 1024 ** 3],
    ["2G", 2 * 1024 ** 3],
    ["2gb", 2 * 1024 ** 3],
    ["2048MiB", 2 * 1024 ** 3],
    ["1.5 GiB", 1.5 * 1024 ** 3],
    ["1T", 1024 ** 4],
    ["4K", 4096],
  ])("%s", (text, bytes) => expect(parseSize(text)).toBe(bytes));

  test.each(["", "2", "GiB", "-1GiB", "1e3G", "2PiB", "2 GiB x"])("%s is none", (text) =>
    expect(() => parseSize(text)).toThrow(UsageError),
  );

  test("memory counts in MiB, disks in GiB, both whole", () => {
    expect(parseMib("1.5GiB")).toBe(1536n);
    expect(parseGib("1T")).toBe(1024n);
    expect(() => parseGib("1536MiB")).toThrow("1536MiB is not a whole number of GiB");
    expect(() => parseMib("512K")).toThrow(UsageError);
  });
});

test("counts are whole and above 0", () => {
  expect(parseCount("4")).toBe(4);
  for (const text of ["0", "-1", "1.5", "four", ""]) expect(() => parseCount(text)).toThrow(UsageError);
});

test("durations", () => {
  expect(["90", "90s", "5m", "2h", "7d"].map(parseSeconds)).toEqual([90, 90, 300, 7200, 604_800]);
  for (const text of ["", "5w", "m", "-5s"]) expect(() => parseSeconds(text)).toThrow(UsageError);
  const ages = [0, 119, 120, 7199, 7200, 172_800].map((seconds) => formatAge(0, seconds * 1000));
  expect(ages).toEqual(["0s", "119s", "2m", "119m", "2h", "2d"]);
});

describe("labels", () => {
  test("are collected over several flags and commas", () => {
    expect(collectLabels("tier=front", collectLabels("app=web,x="))).toEqual({ app: "web", x: "", tier: "front" });
    expect(() => collectLabels("=web")).toThrow(UsageError);
  });
  test("change by key=value and key-", () => {
    const changes = parseLabelChanges(["app=db", "tier-"]);
    expect(applyLabelChanges({ app: "web", tier: "front", zone: "a" }, changes)).toEqual({ app: "db", zone: "a" });
    expect(() => parseLabelChanges(["app"])).toThrow(UsageError);
  });
  test("print sorted", () => expect(formatLabels({ b: "2", a: "1" })).toBe("a=1,b=2"));
});

test("taints", () => {
  expect(parseTaint("gpu=yes:no-schedule")).toEqual({ key: "gpu", value: "yes", effect: "NO_SCHEDULE" });
  expect(parseTaint("broken:NO_EXECUTE")).toEqual({ key: "broken", value: "", effect: "NO_EXECUTE" });
  for (const text of ["gpu", "gpu=yes", ":NO_EXECUTE", "gpu:NEVER"]) expect(() => parseTaint(text)).toThrow(UsageError);
});
