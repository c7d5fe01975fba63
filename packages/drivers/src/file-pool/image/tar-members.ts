import { problem, Reason } from "@limiquantix/api";
import type { ByteSource } from "./byte-source.ts";

/** A plain file in an archive, where it lies there: nothing is unpacked. */
export interface TarMember {
  name: string;
  offset: number;
  sizeBytes: number;
}

const BLOCK_BYTES = 512;
/** An OVA has an envelope, a manifest, a certificate and a file per disk. */
const MOST_MEMBERS = 1000;
const MOST_HEADER_BYTES = 64 * 1024;

/** The files in a tar archive (POSIX pax, ustar and GNU's long names). Refuses links and devices, which an OVA has none of. */
export async function tarMembers(source: ByteSource): Promise<TarMember[]> {
  const members: TarMember[] = [];
  let told: Partial<TarMember> = {};
  for (let at = 0; at + BLOCK_BYTES <= source.size;) {
    const header = await source.read(at, BLOCK_BYTES);
    if (header.every((byte) => byte === 0)) return members;
    assertChecksum(header);
    const type = header.toString("latin1", 156, 157);
    const sizeBytes = told.sizeBytes ?? numberAt(header, 124, 12);
    const offset = at + BLOCK_BYTES;
    const next = offset + Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
    if (offset + sizeBytes > source.size)
      throw problem(Reason.IMAGE_TRUNCATED, { why: "a file of the archive lies behind its end" });
    if (type === "x" || type === "L" || type === "g") {
      if (sizeBytes > MOST_HEADER_BYTES) throw strange("a header of the archive is larger than any should be");
      const text = (await source.read(offset, sizeBytes)).toString("utf8");
      if (type === "x") told = { ...told, ...paxOf(text) };
      if (type === "L") told = { ...told, name: text.replace(/\0.*$/s, "") };
    } else {
      const name = told.name ?? nameOf(header);
      if (type === "0" || type === "\0") members.push({ name: plainName(name), offset, sizeBytes });
      else if (type !== "5") throw strange(`${JSON.stringify(name)} in the archive is no plain file`);
      if (members.length > MOST_MEMBERS) throw strange(`the archive has more than ${MOST_MEMBERS} files`);
      told = {};
    }
    at = next;
  }
  return members;
}

/** The header's bytes added up, its own field as blanks. */
function assertChecksum(header: Buffer): void {
  let sum = 8 * 32;
  for (const [at, byte] of header.entries()) if (at < 148 || at >= 156) sum += byte;
  if (sum !== numberAt(header, 148, 8)) throw problem(Reason.IMAGE_TRUNCATED, { why: "the archive is damaged" });
}

/** Octal digits, or with the highest bit set base 256, as GNU tar writes what is larger than 8 GiB. */
function numberAt(header: Buffer, at: number, length: number): number {
  const field = header.subarray(at, at + length);
  let value = 0;
  if (((field[0] ?? 0) & 0x80) !== 0)
    for (const [index, byte] of field.entries()) value = value * 256 + (index === 0 ? byte & 0x7f : byte);
  else
    value = Number.parseInt(
      field
        .toString("latin1")
        .replace(/[\0 ]+$/, "")
        .trim() || "0",
      8,
    );
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw problem(Reason.IMAGE_TRUNCATED, { why: "a number in the archive makes no sense" });
}

function nameOf(header: Buffer): string {
  const text = (from: number, to: number) => header.toString("utf8", from, to).replace(/\0.*$/s, "");
  const prefix = header.toString("latin1", 257, 263) === "ustar\0" ? text(345, 500) : "";
  return prefix ? `${prefix}/${text(0, 100)}` : text(0, 100);
}

/** Never used as a path; still, one that would lead out of a directory is not from an honest exporter. */
function plainName(name: string): string {
  const plain = name.replace(/^\.\//, "");
  if (plain === "" || plain.startsWith("/") || plain.split("/").includes(".."))
    throw problem(Reason.IMAGE_REFERS_TO_OTHER_FILES, { file: name });
  return plain;
}

/** `<length> key=value\n`, again and again. */
function paxOf(text: string): Partial<TarMember> {
  const told: Partial<TarMember> = {};
  for (const [, key, value = ""] of text.matchAll(/(?:^|\n)\d+ ([^=\n]+)=([^\n]*)/g)) {
    if (key === "path") told.name = value;
    if (key === "size" && /^\d{1,15}$/.test(value)) told.sizeBytes = Number(value);
  }
  return told;
}

function strange(why: string) {
  return problem(Reason.IMAGE_FORMAT_UNKNOWN, { why });
}
