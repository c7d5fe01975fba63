import { expect, test } from "vitest";
import { parsePpm } from "./ppm.ts";

const ppm = (head: string, pixels: number[]) => Uint8Array.from([...new TextEncoder().encode(head), ...pixels]);

test("a picture as QEMU writes it", () => {
  expect(parsePpm(ppm("P6\n2 1\n255\n", [1, 2, 3, 10, 32, 255]))).toEqual({
    width: 2,
    height: 1,
    rgb: Uint8Array.of(1, 2, 3, 10, 32, 255),
  });
});

test("with comments, and with more behind it", () => {
  const { width, height, rgb } = parsePpm(ppm("P6 # made by hand\n1 # wide\n1\n255\n", [35, 10, 13, 99]));
  expect({ width, height, rgb: [...rgb] }).toEqual({ width: 1, height: 1, rgb: [35, 10, 13] });
});

test("what is none", () => {
  for (const bad of ["P5\n1 1\n255\n", "P6\n1 1\n65535\n", "P6\n0 1\n255\n", "P6\n1 2\n255\n", ""]) {
    expect(() => parsePpm(ppm(bad, [1, 2, 3]))).toThrow(/the hypervisor's picture/);
  }
});
