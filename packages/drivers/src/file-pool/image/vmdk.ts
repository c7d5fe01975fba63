import { problem, Reason } from "@limiquantix/api";
import type { ByteSource } from "./byte-source.ts";

export const VMDK_MAGIC = Buffer.from("KDMV", "latin1");

const SECTOR_BYTES = 512;
/** What QEMU reads of a description, however long the header says it is (block/vmdk.c, DESC_SIZE). */
const READ_SECTORS = 20;
const MOST_SECTORS = 2048;
const NO_PARENT = "ffffffff";
const ONE_FILE = ["streamoptimized", "monolithicsparse"];

/**
 * Refuses a VMDK that is not all in this one file, before anything opens it: QEMU follows what a VMDK names, and a header
 * without a capacity makes it read the description for other files (Virtual Disk Format 5.0; QEMU's block/vmdk.c).
 */
export async function checkVmdk(source: ByteSource): Promise<void> {
  const header = await source.read(0, SECTOR_BYTES);
  if (header.length < SECTOR_BYTES) throw problem(Reason.IMAGE_TRUNCATED, { why: "its header is cut off" });
  const version = header.readUInt32LE(4);
  if (version < 1 || version > 3) throw unknown(`a VMDK of version ${version} is not known`);
  if (header.readBigUInt64LE(12) === 0n)
    throw problem(Reason.IMAGE_REFERS_TO_OTHER_FILES, { file: "the extents of its description" });
  const [at, sectors] = [header.readBigUInt64LE(28), header.readBigUInt64LE(36)];
  if (at === 0n) throw unknown("a VMDK without a description of itself is a part of a larger one");
  if (sectors > MOST_SECTORS || at * 512n > BigInt(source.size))
    throw problem(Reason.IMAGE_TRUNCATED, { why: "its description is not where its header says" });
  const length = Math.max(Number(sectors), READ_SECTORS) * SECTOR_BYTES;
  checkDescription((await source.read(Number(at) * SECTOR_BYTES, length)).toString("latin1"));
}

function checkDescription(text: string): void {
  // Anywhere, whatever a parser of ours makes of the lines.
  const parent = /parentFileNameHint\s*=\s*"?([^"\n\0]*)/i.exec(text);
  if (parent) throw problem(Reason.IMAGE_REFERS_TO_OTHER_FILES, { file: parent[1]?.trim() || "its parent" });
  const lines = text.split("\0", 1)[0]?.split("\n") ?? [];
  const setting = (name: string) => {
    const line = lines.find((candidate) => candidate.toLowerCase().startsWith(`${name.toLowerCase()}=`));
    return line
      ?.slice(name.length + 1)
      .replaceAll('"', "")
      .trim()
      .toLowerCase();
  };
  const kind = setting("createType") ?? "";
  if (!ONE_FILE.includes(kind)) throw unknown(`a VMDK of kind ${kind || "(not told)"} is not one file`);
  const parentId = setting("parentCID") ?? NO_PARENT;
  if (parentId !== NO_PARENT) throw problem(Reason.IMAGE_REFERS_TO_OTHER_FILES, { file: "its parent" });
  const extents = lines.filter((line) => /^\s*(RW|RDONLY|NOACCESS)\s/i.test(line));
  const strange = extents.find((line) => !/^\s*RW\s+\d+\s+SPARSE\s+"[^"]*"\s*$/i.test(line));
  if (strange ?? extents[1]) {
    const named = /"([^"]*)"/.exec(strange ?? extents[1] ?? "")?.[1];
    throw problem(Reason.IMAGE_REFERS_TO_OTHER_FILES, { file: named || "another extent" });
  }
  if (extents.length === 0) throw unknown("the description of the VMDK names no extent");
}

function unknown(why: string) {
  return problem(Reason.IMAGE_FORMAT_UNKNOWN, { why });
}
