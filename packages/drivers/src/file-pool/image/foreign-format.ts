interface Signature {
  offset: number;
  bytes: Buffer;
  why: string;
}

const convert = (what: string, format: string) =>
  `it is ${what}; convert it with: qemu-img convert -f ${format} -O qcow2 IN OUT`;
const unpack = (what: string, command: string) => `it is compressed with ${what}; unpack it with: ${command}`;
const text = (s: string) => Buffer.from(s, "latin1");
const hex = (s: string) => Buffer.from(s, "hex");

/** Formats that we know and do not take, by the bytes they are told by (the formats' own specifications, magic(5)). */
const signatures: Signature[] = [
  { offset: 0, bytes: text("COWD"), why: convert("a VMDK", "vmdk") },
  {
    offset: 0,
    bytes: text("# Disk DescriptorFile"),
    why: "it is the description of a VMDK, whose data is in another file; convert that: qemu-img convert -f vmdk -O qcow2 IN OUT",
  },
  { offset: 0x40, bytes: hex("7f10dabe"), why: convert("a VDI", "vdi") },
  { offset: 0, bytes: hex("51454400"), why: convert("a QED", "qed") },
  { offset: 0, bytes: text("LUKS\xba\xbe"), why: "it is encrypted (LUKS)" },
  { offset: 0, bytes: hex("1f8b"), why: unpack("gzip", "gunzip FILE") },
  { offset: 0, bytes: hex("fd377a585a00"), why: unpack("xz", "unxz FILE") },
  { offset: 0, bytes: hex("28b52ffd"), why: unpack("zstd", "unzstd FILE") },
  { offset: 0, bytes: text("BZh"), why: unpack("bzip2", "bunzip2 FILE") },
  { offset: 0, bytes: text("PK\x03\x04"), why: unpack("zip", "unzip FILE") },
  { offset: 0, bytes: hex("377abcaf271c"), why: unpack("7-Zip", "7z x FILE") },
];

/** Why a file that begins with `head` is refused; undefined for one not known here. */
export function foreignFormat(head: Buffer): string | undefined {
  const found = signatures.find(({ offset, bytes }) => head.subarray(offset, offset + bytes.length).equals(bytes));
  if (found) return found.why;
  if (/^\s*<(!doctype|html)/i.test(head.toString("latin1", 0, 64)))
    return "it is a web page: the address leads to a page about the file, not to the file";
  return undefined;
}
