/** What a file's first bytes say that it is. */
export interface FoundFormat {
  /** As people call it. */
  name: string;
  kind: "disk" | "iso";
  /** Why no VM can use it, and what to do; undefined: it can. */
  why?: string;
}

/** An ISO 9660 volume descriptor is at sector 16. */
export const headBytes = 0x8800;

interface Signature {
  name: string;
  at: number;
  bytes: number[];
  kind?: "iso";
  why?: string;
}

const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const unpack = "The library takes the disk itself: unpack it first.";
const convert = (format: string) =>
  `Convert it first: qemu-img convert -f ${format} -O qcow2 disk.${format === "vpc" ? "vhd" : format} disk.qcow2`;

/** https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.rst and the other formats' own documents. */
const signatures: readonly Signature[] = [
  { name: "ISO 9660", at: 0x8001, bytes: ascii("CD001"), kind: "iso" },
  { name: "qcow2", at: 0, bytes: [0x51, 0x46, 0x49, 0xfb] },
  { name: "VMDK", at: 0, bytes: ascii("KDMV"), why: convert("vmdk") },
  {
    name: "VMDK description",
    at: 0,
    bytes: ascii("# Disk DescriptorFile"),
    why: "This is the description; the disk is in another file.",
  },
  { name: "VMDK (COWD)", at: 0, bytes: ascii("COWD"), why: convert("vmdk") },
  { name: "VHDX", at: 0, bytes: ascii("vhdxfile"), why: convert("vhdx") },
  { name: "VHD", at: 0, bytes: ascii("conectix"), why: convert("vpc") },
  { name: "VDI", at: 0x40, bytes: [0x7f, 0x10, 0xda, 0xbe], why: convert("vdi") },
  { name: "OVA (tar)", at: 257, bytes: ascii("ustar"), why: unpack },
  { name: "gzip", at: 0, bytes: [0x1f, 0x8b], why: unpack },
  { name: "xz", at: 0, bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], why: unpack },
  { name: "zstd", at: 0, bytes: [0x28, 0xb5, 0x2f, 0xfd], why: unpack },
  { name: "bzip2", at: 0, bytes: ascii("BZh"), why: unpack },
  { name: "7-Zip", at: 0, bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], why: unpack },
  { name: "ZIP", at: 0, bytes: [0x50, 0x4b, 0x03, 0x04], why: unpack },
  { name: "PDF", at: 0, bytes: ascii("%PDF-"), why: "This is no disk." },
  { name: "OVF (XML)", at: 0, bytes: ascii("<?xml"), why: "This describes a VM; its disk is in another file." },
];

const notKnown = "It is neither qcow2 nor an ISO nor a raw disk with a partition table or a file system.";

/** A partition table, ext2 to ext4, or XFS: what the hosts take as a raw disk too. */
function isRawDisk(head: Uint8Array): boolean {
  const isPartitioned = head[510] === 0x55 && head[511] === 0xaa;
  const isExt = head[0x438] === 0x53 && head[0x439] === 0xef;
  return isPartitioned || isExt || ascii("XFSB").every((byte, i) => head[i] === byte);
}

/** By the content, never by the file's name. */
export function formatOf(head: Uint8Array, sizeBytes: number): FoundFormat {
  if (sizeBytes === 0) return { name: "empty", kind: "disk", why: "The file is empty." };
  const found = signatures.find(({ at, bytes }) => bytes.every((byte, i) => head[at + i] === byte));
  if (!found) return isRawDisk(head) ? { name: "raw", kind: "disk" } : { name: "unknown", kind: "disk", why: notKnown };
  return { name: found.name, kind: found.kind ?? "disk", ...(found.why ? { why: found.why } : {}) };
}
