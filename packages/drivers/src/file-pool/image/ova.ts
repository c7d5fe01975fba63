import { problem, Reason } from "@limiquantix/api";
import { createHash } from "node:crypto";
import { type ByteSource, partOf } from "./byte-source.ts";
import { type OvfEnvelope, parseOvf } from "./ovf-envelope.ts";
import { type TarMember, tarMembers } from "./tar-members.ts";

const MOST_TEXT_BYTES = 4 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

export interface Ova {
  envelope: OvfEnvelope;
  disk: TarMember;
}

/**
 * Finds the disk in an OVA: a tar with the descriptor, maybe a manifest of checksums, and the disks (DSP0243, 5.2). Several
 * disks are several images, and which one is the system's cannot be told: such a file is refused with their names.
 */
export async function readOva(source: ByteSource): Promise<Ova> {
  const members = await tarMembers(source);
  const descriptor = members.find(({ name }) => /\.ovf$/i.test(name));
  if (!descriptor) throw problem(Reason.IMAGE_FORMAT_UNKNOWN, { why: "it is a tar archive without an OVF descriptor" });
  const envelope = parseOvf(await textOf(source, descriptor));
  const [disk, ...more] = envelope.disks;
  if (!disk) throw problem(Reason.IMAGE_FORMAT_UNKNOWN, { why: "its descriptor names no disk" });
  if (more.length > 0) {
    const names = envelope.disks.map(({ href }) => href).join(", ");
    const why = `the OVA has ${envelope.disks.length} disks (${names}); unpack it (tar -xf FILE) and import each disk by itself`;
    throw problem(Reason.IMAGE_FORMAT_UNKNOWN, { why });
  }
  if (disk.compressed)
    throw problem(Reason.IMAGE_FORMAT_UNKNOWN, { why: `${disk.href} in it is compressed; export it without` });
  const member = members.find(({ name }) => name === disk.href);
  if (!member) throw problem(Reason.IMAGE_REFERS_TO_OTHER_FILES, { file: disk.href });
  const manifest = members.find(({ name }) => /\.mf$/i.test(name));
  if (manifest) await checkManifest(source, await textOf(source, manifest), [descriptor, member]);
  return { envelope, disk: member };
}

async function textOf(source: ByteSource, { name, offset, sizeBytes }: TarMember): Promise<string> {
  if (sizeBytes > MOST_TEXT_BYTES) throw problem(Reason.IMAGE_FORMAT_UNKNOWN, { why: `${name} in it is too large` });
  return (await source.read(offset, sizeBytes)).toString("utf8");
}

/** `SHA256(name)= hex` for each file (DSP0243, 5.1). */
async function checkManifest(source: ByteSource, manifest: string, members: TarMember[]): Promise<void> {
  for (const line of manifest.split("\n")) {
    const [, kind = "", name = "", expected = ""] =
      /^SHA(1|256|512)\s*\((.+)\)\s*=\s*([0-9a-f]+)\s*$/i.exec(line) ?? [];
    const member = members.find((candidate) => candidate.name === name);
    if (!member) continue;
    const hash = createHash(`sha${kind}`);
    const part = partOf(source, member.offset, member.sizeBytes);
    for (let at = 0; at < part.size; at += READ_BYTES) hash.update(await part.read(at, READ_BYTES));
    const actual = hash.digest("hex");
    if (actual !== expected.toLowerCase()) throw problem(Reason.IMAGE_CHECKSUM_MISMATCH, { actual, expected });
  }
}
