import { ImageSpec_Format as Format, problem, Reason } from "@limiquantix/api";

/** Formats that are converted, by what they begin with. */
const others = [
  { format: Format.VMDK, at: 0, magic: "KDMV" },
  { format: Format.VHD, at: 0, magic: "conectix" },
  { format: Format.VHDX, at: 0, magic: "vhdxfile" },
  { format: Format.OVA, at: 257, magic: "ustar" },
];

/**
 * What a file is, by its content: qcow2 (QEMU docs/interop/qcow2.rst), ISO 9660 (ECMA-119, 8.4) or raw sectors.
 * Throws IMAGE_REFERS_TO_OTHER_FILES, IMAGE_TRUNCATED, IMAGE_FORMAT_UNKNOWN. `head` is the beginning of the file.
 */
export function inspectImage(head: Uint8Array, sizeBytes: number): { format: Format; virtualSizeBytes: number } {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length >= 4 && view.getUint32(0) === 0x514649fb) return inspectQcow2(view, sizeBytes);
  if (text(head, 32_769, 32_774) === "CD001") {
    return { format: Format.ISO, virtualSizeBytes: sizeBytes };
  }
  const other = others.find(({ at, magic }) => text(head, at, at + magic.length) === magic);
  if (other) return { format: other.format, virtualSizeBytes: 0 };
  if (sizeBytes === 0 || sizeBytes % 512 !== 0) {
    throw problem(Reason.IMAGE_FORMAT_UNKNOWN, { why: "it is no qcow2 and no ISO, and not made of whole sectors" });
  }
  return { format: Format.RAW, virtualSizeBytes: sizeBytes };
}

function inspectQcow2(view: DataView, sizeBytes: number): { format: Format; virtualSizeBytes: number } {
  if (view.byteLength < 72) throw problem(Reason.IMAGE_TRUNCATED, { why: "its header is not complete" });
  const backingOffset = Number(view.getBigUint64(8));
  if (backingOffset !== 0) {
    const length = view.getUint32(16);
    const name = new Uint8Array(view.buffer, view.byteOffset).subarray(backingOffset, backingOffset + length);
    throw problem(Reason.IMAGE_REFERS_TO_OTHER_FILES, { file: new TextDecoder().decode(name) || "unnamed" });
  }
  const tableEnd = Number(view.getBigUint64(40)) + view.getUint32(36) * 8;
  if (tableEnd > sizeBytes) throw problem(Reason.IMAGE_TRUNCATED, { why: "it ends before its tables do" });
  return { format: Format.QCOW2, virtualSizeBytes: Number(view.getBigUint64(24)) };
}

function text(head: Uint8Array, from: number, to: number): string {
  return new TextDecoder("latin1").decode(head.subarray(from, to));
}
