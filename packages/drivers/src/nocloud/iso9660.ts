/**
 * Writes a small ISO 9660 file system with Joliet names: files in the root directory, nothing else. Sources: ECMA-119
 * (the section is named at each structure) and Microsoft's Joliet specification. The answer depends on the arguments
 * alone: no dates are noted.
 */
export function iso9660(volumeId: string, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const layout = planLayout(files);
  const image = Buffer.alloc(layout.sectors * SECTOR);
  const primary = tree(layout, "primary");
  const joliet = tree(layout, "joliet");
  volumeDescriptor(sector(image, 16), volumeId, primary);
  volumeDescriptor(sector(image, 17), volumeId, joliet);
  sector(image, 18).set([255, ...CD001, 1]);
  for (const { pathTableSector, directorySector, records } of [primary, joliet]) {
    // 9.4: one entry, the root, whose parent is itself.
    const little = sector(image, pathTableSector);
    little[0] = 1;
    little.writeUInt32LE(directorySector, 2);
    little.writeUInt16LE(1, 6);
    const big = sector(image, pathTableSector + 1);
    big[0] = 1;
    big.writeUInt32BE(directorySector, 2);
    big.writeUInt16BE(1, 6);
    writeRecords(image, directorySector, records);
  }
  for (const { content, at } of layout.files) image.set(content, at * SECTOR);
  return image;
}

/** The files of the root directory, by their Joliet names. */
export function filesOfIso9660(image: Buffer): Map<string, Buffer> {
  const descriptor = sector(image, 17);
  const start = descriptor.readUInt32LE(158) * SECTOR;
  const end = start + descriptor.readUInt32LE(166);
  const files = new Map<string, Buffer>();
  for (let at = start; at < end;) {
    const length = image.readUInt8(at);
    if (length === 0) {
      at = (Math.floor(at / SECTOR) + 1) * SECTOR;
      continue;
    }
    const isFile = (image.readUInt8(at + 25) & FLAG_DIRECTORY) === 0;
    const id = Buffer.from(image.subarray(at + 33, at + 33 + image.readUInt8(at + 32)));
    const from = image.readUInt32LE(at + 2) * SECTOR;
    const content = image.subarray(from, from + image.readUInt32LE(at + 10));
    if (isFile) files.set(id.swap16().toString("utf16le").replace(/;1$/, ""), content);
    at += length;
  }
  return files;
}

const SECTOR = 2048;
const CD001 = Buffer.from("CD001", "latin1");
const PATH_TABLE_BYTES = 10;
const FLAG_DIRECTORY = 2;

interface Layout {
  sectors: number;
  files: { name: string; content: Uint8Array; at: number }[];
  directorySectors: number;
}

interface Tree {
  kind: "primary" | "joliet";
  pathTableSector: number;
  directorySector: number;
  directoryBytes: number;
  records: Buffer[];
  totalSectors: number;
}

function planLayout(files: ReadonlyMap<string, Uint8Array>): Layout {
  // The longest record is Joliet's: 33 bytes and two for each character of the name with its version.
  const directoryBytes = [...files.keys()].reduce((sum, name) => sum + 34 + 2 * (name.length + 2), 2 * 34);
  // A record does not cross a sector's end (6.8.1.1); half a sector for each covers what that wastes.
  const directorySectors = Math.ceil(directoryBytes / (SECTOR / 2));
  let at = 23 + 2 * directorySectors;
  const placed = [...files].map(([name, content]) => {
    const file = { name, content, at };
    at += Math.ceil(content.length / SECTOR);
    return file;
  });
  return { sectors: at, files: placed, directorySectors };
}

function tree(layout: Layout, kind: Tree["kind"]): Tree {
  const index = kind === "primary" ? 0 : 1;
  const directorySector = 23 + index * layout.directorySectors;
  const directoryBytes = layout.directorySectors * SECTOR;
  const self = { at: directorySector, bytes: directoryBytes, flags: FLAG_DIRECTORY };
  const names = layout.files.map(({ name, content, at }) => ({
    id: kind === "primary" ? Buffer.from(`${plainName(name)};1`, "latin1") : ucs2(`${name};1`),
    at,
    bytes: content.length,
    flags: 0,
  }));
  // 9.3: records are sorted by their identifiers.
  names.sort((a, b) => Buffer.compare(a.id, b.id));
  const dot = { ...self, id: Buffer.from([0]) };
  const dotDot = { ...self, id: Buffer.from([1]) };
  return {
    kind,
    pathTableSector: 19 + 2 * index,
    directorySector,
    directoryBytes,
    records: [dot, dotDot, ...names].map(directoryRecord),
    totalSectors: layout.sectors,
  };
}

/** 9.1 */
function directoryRecord(entry: { id: Buffer; at: number; bytes: number; flags: number }): Buffer {
  const length = 33 + entry.id.length + (entry.id.length % 2 === 0 ? 1 : 0);
  const record = Buffer.alloc(length);
  record[0] = length;
  both32(record, 2, entry.at);
  both32(record, 10, entry.bytes);
  record[25] = entry.flags;
  both16(record, 28, 1);
  record[32] = entry.id.length;
  record.set(entry.id, 33);
  return record;
}

/** 8.4; the supplementary one of Joliet differs in its number, its escape sequence and its character set (8.5). */
function volumeDescriptor(out: Buffer, volumeId: string, of: Tree): void {
  const isJoliet = of.kind === "joliet";
  const text = (value: string, at: number, length: number) => {
    const padded = isJoliet ? ucs2(value.padEnd(Math.floor(length / 2))) : Buffer.from(value.padEnd(length), "latin1");
    out.set(padded.subarray(0, length), at);
  };
  out[0] = isJoliet ? 2 : 1;
  out.set(CD001, 1);
  out[6] = 1;
  text("", 8, 32);
  text(volumeId, 40, 32);
  both32(out, 80, of.totalSectors);
  // Joliet's UCS-2 level 3.
  if (isJoliet) out.write("%/E", 88, "latin1");
  both16(out, 120, 1);
  both16(out, 124, 1);
  both16(out, 128, SECTOR);
  both32(out, 132, PATH_TABLE_BYTES);
  out.writeUInt32LE(of.pathTableSector, 140);
  out.writeUInt32BE(of.pathTableSector + 1, 148);
  out.set(of.records[0] as Buffer, 156);
  for (const [at, length] of [
    [190, 128],
    [318, 128],
    [446, 128],
    [574, 128],
    [702, 37],
    [739, 37],
    [776, 37],
  ] as const)
    text("", at, length);
  // 8.4.26.1: sixteen digits zero and a zero offset: no date.
  for (const at of [813, 830, 847, 864]) out.write("0".repeat(16), at, "latin1");
  out[881] = 1;
}

function writeRecords(image: Buffer, firstSector: number, records: Buffer[]): void {
  let at = firstSector * SECTOR;
  for (const record of records) {
    const left = SECTOR - (at % SECTOR);
    if (record.length > left) at += left;
    image.set(record, at);
    at += record.length;
  }
}

/** 7.5: capitals, digits and underscores, a dot. Joliet has the true name. */
function plainName(name: string): string {
  return `${name.toUpperCase().replace(/[^A-Z0-9_]/g, "_")}.`;
}

function ucs2(text: string): Buffer {
  return Buffer.from(text, "utf16le").swap16();
}

function sector(image: Buffer, number: number): Buffer {
  return image.subarray(number * SECTOR, (number + 1) * SECTOR);
}

/** 7.3.3: little-endian, then big-endian. */
function both32(out: Buffer, at: number, value: number): void {
  out.writeUInt32LE(value, at);
  out.writeUInt32BE(value, at + 4);
}

/** 7.2.3 */
function both16(out: Buffer, at: number, value: number): void {
  out.writeUInt16LE(value, at);
  out.writeUInt16BE(value, at + 2);
}
