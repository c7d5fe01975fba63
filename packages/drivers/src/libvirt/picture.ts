import type { Picture } from "@limiquantix/node";
import { decode } from "fast-png";
import { parsePpm } from "./ppm.ts";

const pngSignature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);

/** What DOMAIN_SCREENSHOT gives: a PNG where QEMU makes them itself (from 7.1 on), or else a raw PPM. */
export function readPicture(bytes: Uint8Array): Picture {
  return pngSignature.every((byte, i) => bytes[i] === byte) ? parsePng(bytes) : parsePpm(bytes);
}

function parsePng(bytes: Uint8Array): Picture {
  const { width, height, channels, depth, data } = decode(bytes);
  if (depth !== 8 || (channels !== 3 && channels !== 4)) {
    throw new Error(`the hypervisor's picture has ${channels} channels of ${depth} bits, which is not known here`);
  }
  if (channels === 3) return { width, height, rgb: Uint8Array.from(data) };
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let colour = 0; colour < 3; colour++) rgb[pixel * 3 + colour] = data[pixel * 4 + colour] ?? 0;
  }
  return { width, height, rgb };
}
