import { expect, test } from "vitest";
import { nameFromPath, osInfo, parseChecksum } from "./source.ts";

test("an image is named after its file", () => {
  expect(nameFromPath("https://x.org/a/debian-12.qcow2?sig=1#x")).toBe("debian-12");
  expect(nameFromPath("./My image (1).iso")).toBe("My image -1");
  expect(() => nameFromPath("https://x.org/")).not.toThrow();
  expect(() => nameFromPath("/...")).toThrow("no name");
});

test("a checksum tells by its length what it is", () => {
  expect(parseChecksum(`sha256:${"A".repeat(64)}`)).toEqual({ checksum: "a".repeat(64), checksumType: "sha256" });
  expect(parseChecksum("0".repeat(128)).checksumType).toBe("sha512");
  expect(() => parseChecksum(`sha512:${"0".repeat(64)}`)).toThrow("no checksum");
  expect(() => parseChecksum("xyz")).toThrow("no checksum");
});

test("an operating system is a name and a version", () => {
  expect(osInfo({ os: "debian-12", arch: "x86_64" })).toEqual({
    distribution: "debian",
    version: "12",
    architecture: "x86_64",
  });
  expect(osInfo({})).toEqual({ distribution: "", version: "", architecture: "" });
});
