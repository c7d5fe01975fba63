import type { Picture } from "@limiquantix/node";

/** Width, height and highest value, with white space and comments between (ppm(5)); then the pixels. */
const header = /^P6(?:\s|#[^\n]*\n)+(\d{1,5})(?:\s|#[^\n]*\n)+(\d{1,5})(?:\s|#[^\n]*\n)+255\s/;
const mostHeaderBytes = 1024;

/** The picture that QEMU's screendump writes: a raw PPM of 8 bits a colour. */
export function parsePpm(bytes: Uint8Array): Picture {
  const found = header.exec(new TextDecoder("latin1").decode(bytes.subarray(0, mostHeaderBytes)));
  if (!found) throw new Error("the hypervisor's picture is no raw PPM of 8 bits a colour");
  const [width, height] = [Number(found[1]), Number(found[2])];
  const rgb = bytes.subarray(found[0].length, found[0].length + width * height * 3);
  if (width === 0 || height === 0 || rgb.length < width * height * 3) {
    throw new Error(`the hypervisor's picture of ${width}x${height} pixels is cut off`);
  }
  return { width, height, rgb };
}
