import { problem, Reason } from "@limiquantix/api";
import type { ByteSource } from "./byte-source.ts";

export const VHD_MAGIC = Buffer.from("conectix", "latin1");
const FOOTER_BYTES = 512;
const Type = { FIXED: 2, DYNAMIC: 3, DIFFERENCING: 4 } as const;

/** Whether it is a VHD: one of fixed size is a raw disk with a footer (Virtual Hard Disk Image Format 1.0). */
export async function isVhd(source: ByteSource, head: Buffer): Promise<boolean> {
  return head.subarray(0, 8).equals(VHD_MAGIC) || (await footerOf(source)).subarray(0, 8).equals(VHD_MAGIC);
}

/** Refuses one that is the difference to another file, and one whose footer is not whole. */
export async function checkVhd(source: ByteSource): Promise<void> {
  const footer = await footerOf(source);
  if (footer.length < FOOTER_BYTES || !footer.subarray(0, 8).equals(VHD_MAGIC))
    throw problem(Reason.IMAGE_TRUNCATED, { why: "the footer of the VHD is missing" });
  let sum = 0;
  for (const [at, byte] of footer.entries()) if (at < 64 || at >= 68) sum += byte;
  if (~sum >>> 0 !== footer.readUInt32BE(64))
    throw problem(Reason.IMAGE_TRUNCATED, { why: "the footer of the VHD has another checksum" });
  const type = footer.readUInt32BE(60);
  if (type === Type.DIFFERENCING) throw problem(Reason.IMAGE_REFERS_TO_OTHER_FILES, { file: "its parent" });
  if (type !== Type.FIXED && type !== Type.DYNAMIC)
    throw problem(Reason.IMAGE_FORMAT_UNKNOWN, { why: `a VHD of type ${type} is not known` });
}

async function footerOf(source: ByteSource): Promise<Buffer> {
  return source.read(Math.max(0, source.size - FOOTER_BYTES), FOOTER_BYTES);
}
