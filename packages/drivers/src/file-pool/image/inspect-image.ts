import { create } from "@bufbuild/protobuf";
import { type ImageContent, ImageContentSchema, ImageSpec_Format, problem, Reason } from "@limiquantix/api";
import type { ByteSource } from "./byte-source.ts";
import { foreignFormat } from "./foreign-format.ts";
import { findQcow2Damage } from "./qcow2-extent.ts";
import { parseQcow2Header, QCOW2_HEAD_BYTES, QCOW2_MAGIC, Qcow2HeaderError } from "./qcow2-header.ts";

export interface Inspected {
  format: ImageSpec_Format;
  virtualSizeBytes: number;
  content?: ImageContent;
}

const SECTOR_BYTES = 512;
/** ECMA-119: the descriptors begin at sector 16 of 2048 bytes. */
const ISO_DESCRIPTOR = 0x8000;
const ISO_SECTOR = 2048;
const ISO_BOOT_RECORD = 0;
const ISO_TERMINATOR = 255;

/**
 * Tells a file's format by its content, never by its name, and refuses what is damaged, what we cannot use, and what
 * names other files: QEMU would open those with its own rights, and the guest could read them.
 */
export async function inspectImage(source: ByteSource): Promise<Inspected> {
  if (source.size === 0) throw problem(Reason.IMAGE_TRUNCATED, { why: "it is empty" });
  const head = await source.read(0, QCOW2_HEAD_BYTES);
  if (head.length >= 4 && head.readUInt32BE(0) === QCOW2_MAGIC) return inspectQcow2(source, head);
  const foreign = foreignFormat(head);
  if (foreign) throw problem(Reason.IMAGE_FORMAT_UNKNOWN, { why: foreign });
  if (head.toString("latin1", ISO_DESCRIPTOR + 1, ISO_DESCRIPTOR + 6) === "CD001") return inspectIso(source, head);
  if (hasPartitionTable(head)) return inspectPartitioned(source, head);
  if (hasFileSystem(head)) return raw(source);
  throw problem(Reason.IMAGE_FORMAT_UNKNOWN, {
    why: "it is neither qcow2 nor ISO 9660 nor a raw disk with a partition table or a file system",
  });
}

async function inspectQcow2(source: ByteSource, head: Buffer): Promise<Inspected> {
  const header = qcow2Header(head);
  if (header.backingFile) throw problem(Reason.IMAGE_REFERS_TO_OTHER_FILES, { file: header.backingFile });
  if (header.usesDataFile || header.dataFile)
    throw problem(Reason.IMAGE_REFERS_TO_OTHER_FILES, { file: header.dataFile || "its data file" });
  if (header.encrypted) throw problem(Reason.IMAGE_FORMAT_UNKNOWN, { why: "it is encrypted" });
  if (header.unknownFeatures)
    throw problem(Reason.IMAGE_FORMAT_UNKNOWN, {
      why: `it uses qcow2 features that we do not know (0x${header.unknownFeatures.toString(16)})`,
    });
  if (header.markedCorrupt) throw problem(Reason.IMAGE_TRUNCATED, { why: "it is marked as corrupt" });
  const damage = await findQcow2Damage(source, header);
  if (damage) throw problem(Reason.IMAGE_TRUNCATED, { why: damage });
  return { format: ImageSpec_Format.QCOW2, virtualSizeBytes: header.virtualSizeBytes };
}

function qcow2Header(head: Buffer) {
  try {
    return parseQcow2Header(head);
  } catch (cause) {
    if (!(cause instanceof Qcow2HeaderError)) throw cause;
    const reason = cause.damaged ? Reason.IMAGE_TRUNCATED : Reason.IMAGE_FORMAT_UNKNOWN;
    throw problem(reason, { why: cause.message }, { cause });
  }
}

/** ECMA-119 8.4.8 and 8.4.12: the volume's blocks and their size, in both byte orders. */
function inspectIso(source: ByteSource, head: Buffer): Inspected {
  const needed = head.readUInt32LE(ISO_DESCRIPTOR + 80) * head.readUInt16LE(ISO_DESCRIPTOR + 128);
  if (needed > source.size)
    throw problem(Reason.IMAGE_TRUNCATED, { why: `the ISO says ${needed} bytes, the file has ${source.size}` });
  const volumeLabel = head.toString("latin1", ISO_DESCRIPTOR + 40, ISO_DESCRIPTOR + 72).replace(/[\0 ]+$/, "");
  const content = create(ImageContentSchema, { volumeLabel, bootable: hasBootRecord(head) });
  return { format: ImageSpec_Format.ISO, virtualSizeBytes: source.size, content };
}

/** A descriptor of type 0 that names El Torito ("El Torito" Bootable CD-ROM Format 1.0, 2.0), before the last one. */
function hasBootRecord(head: Buffer): boolean {
  for (let at = ISO_DESCRIPTOR; at + ISO_SECTOR <= head.length; at += ISO_SECTOR) {
    if (head.toString("latin1", at + 1, at + 6) !== "CD001" || head[at] === ISO_TERMINATOR) return false;
    if (head[at] === ISO_BOOT_RECORD && head.toString("latin1", at + 7, at + 30) === "EL TORITO SPECIFICATION")
      return true;
  }
  return false;
}

function hasPartitionTable(head: Buffer): boolean {
  return head.length >= SECTOR_BYTES && head.readUInt16LE(510) === 0xaa55;
}

/** ext2–4 or XFS on the whole disk. */
function hasFileSystem(head: Buffer): boolean {
  return (head.length > 0x43a && head.readUInt16LE(0x438) === 0xef53) || head.toString("latin1", 0, 4) === "XFSB";
}

/** With GPT the disk says how long it is: its second header is in the last sector (UEFI 2.10, 5.3.2). */
function inspectPartitioned(source: ByteSource, head: Buffer): Inspected {
  if (head.toString("latin1", SECTOR_BYTES, SECTOR_BYTES + 8) === "EFI PART") {
    const needed = (Number(head.readBigUInt64LE(SECTOR_BYTES + 32)) + 1) * SECTOR_BYTES;
    if (needed > source.size)
      throw problem(Reason.IMAGE_TRUNCATED, { why: `its GPT is for ${needed} bytes, the file has ${source.size}` });
  }
  return raw(source);
}

/** QEMU shows a raw file in whole sectors. */
function raw(source: ByteSource): Inspected {
  return {
    format: ImageSpec_Format.RAW,
    virtualSizeBytes: Math.ceil(source.size / SECTOR_BYTES) * SECTOR_BYTES,
  };
}
