import { ImageSpec_Format as Format, problem, Reason } from "@limiquantix/api";

/**
 * What a file is, by its content: qcow2 (QEMU docs/interop/qcow2.rst), ISO 9660 (ECMA-119, 8.4) or raw sectors.
 * Throws IMAGE_REFERS_TO_OTHER_FILES, IMAGE_TRUNCATED, IMAGE_FORMAT_UNKNOWN. `head` is the beginning of the file.
 */
export function inspectImage(head: Uint8Array, sizeBytes: number): { format: Format; virtualSizeBytes: number } {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length >= 4 && view.getUint32(0) === 0x514649fb) return inspectQcow2(view, sizeBytes);
  if (new TextDecoder().decode(head.subarray(32_769, 32_774)) === "CD001") {
    return { format: Format.ISO, virtualSizeBytes: sizeBytes };
  }
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
