import { encode } from "fast-png";
import { expect, test } from "vitest";
import { readPicture } from "./picture.ts";

const rgb = Uint8Array.of(255, 0, 0, 0, 255, 0);

test("a screen comes as PNG, with or without transparency, or as PPM", () => {
  const seen = (bytes: Uint8Array) => {
    const { width, height, rgb } = readPicture(bytes);
    return { width, height, rgb: [...rgb] };
  };
  const wanted = { width: 2, height: 1, rgb: [...rgb] };
  expect(seen(encode({ width: 2, height: 1, channels: 3, data: rgb }))).toEqual(wanted);
  const rgba = Uint8Array.of(255, 0, 0, 255, 0, 255, 0, 255);
  expect(seen(encode({ width: 2, height: 1, channels: 4, data: rgba }))).toEqual(wanted);
  expect(seen(Buffer.concat([Buffer.from("P6\n2 1\n255\n"), rgb]))).toEqual(wanted);
});

test("what is neither is refused", () => {
  expect(() => readPicture(new Uint8Array(0))).toThrow("no raw PPM");
  const grey = encode({ width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 2) });
  expect(() => readPicture(grey)).toThrow("1 channels");
});
