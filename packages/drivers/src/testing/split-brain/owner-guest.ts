import { type Entry, type Owner, violations } from "./checker.ts";

const SECTOR = 512;
const JOURNAL = 1;
const FIRST_SECTOR = 64;
export const SLOTS = 65_536;

/**
 * A guest of one boot sector (16-bit code) that says on the disk who wrote what. When it boots it reads the number in the
 * journal, sector 1, and notes the next one as where it began; then it writes that and each following number to a slot of
 * its own, with where it began and how much memory its host gave it, and to the journal behind that.
 */
export function ownerBootSector(): Uint8Array {
  const sector = new Uint8Array(SECTOR);
  const mask = Buffer.alloc(4);
  mask.writeUInt32LE(SLOTS - 1);
  const code = [
    ["fa 31 c0 8e d8 8e c0 8e d0 bc 00 7c fb", "cli; ds, es, ss = 0; sp = 7c00h; sti"],
    ["66 c7 06 08 7d 01 00 00 00", "mov dword [packet + 8], journal"],
    ["b2 80 be 00 7d b4 42 cd 13", "mov dl, first disk; mov si, packet; mov ah, 42h; int 13h"],
    ["66 a1 00 7e 66 40 66 a3 04 7e", "mov eax, [7e00h]; inc eax; mov [7e04h], eax: where it began"],
    [
      "b0 35 e6 70 e4 71 a2 08 7e",
      "mov al, 35h; out 70h, al; in al, 71h; mov [7e08h], al: memory above 16 MiB, in 16 MiB",
    ],
    ["66 ff 06 00 7e", "next: inc dword [7e00h]"],
    [`66 a1 00 7e 66 25 ${mask.toString("hex")}`, "mov eax, [7e00h]; and eax, slots - 1"],
    ["66 83 c0 40 66 a3 08 7d", "add eax, 64; mov [packet + 8], eax"],
    ["e8 0e 00", "call write"],
    ["66 c7 06 08 7d 01 00 00 00", "mov dword [packet + 8], journal"],
    ["e8 02 00", "call write"],
    ["eb d8", "jmp next"],
    ["b2 80 be 00 7d b8 00 43 cd 13 c3", "write: mov dl, first disk; mov si, packet; mov ax, 4300h; int 13h; ret"],
  ];
  sector.set(Buffer.from(code.map(([hex]) => hex?.replaceAll(" ", "")).join(""), "hex"));
  // At 7d00h: a packet of 16 bytes, one sector, from 0000:7e00.
  sector.set(Buffer.from("10000100007e0000", "hex"), 0x100);
  sector.set([0x55, 0xaa], 510);
  return sector;
}

/** Bytes of the disk that matter. */
export const DISK_BYTES = (FIRST_SECTOR + SLOTS) * SECTOR;

/** What the guest says who has so much memory. */
export const memoryTag = (memoryMib: number) => (memoryMib - 16) / 16;

interface Written {
  number: number;
  start: number;
  tag: number;
}

const writtenAt = (disk: Buffer, sector: number): Written => ({
  number: disk.readUInt32LE(sector * SECTOR),
  start: disk.readUInt32LE(sector * SECTOR + 4),
  tag: disk[sector * SECTOR + 8] ?? 0,
});

export const readJournal = (disk: Buffer): Written => writtenAt(disk, JOURNAL);

/** What is wrong with what guests wrote who ran one after the other; `starts` are where the journal said that each began. */
export function guestViolations(disk: Buffer, starts: readonly { tag: number; start: number }[]): string[] {
  const last = readJournal(disk);
  const owners: Owner[] = starts.map(({ tag, start }, i) => {
    const end = starts[i + 1]?.start ?? last.number + 1;
    // What the journal has was written, and acknowledged, before it.
    const places = Array.from({ length: Math.max(0, end - start) }, (_, at) => start + at);
    return { host: String(tag), from: start, writes: places.map((place) => ({ place, outcome: "acknowledged" })) };
  });
  // The newest was on its way when the disk was read.
  owners.at(-1)?.writes.push({ place: last.number + 1, outcome: "unknown" });
  const entries = new Map<number, Entry>();
  for (let slot = 0; slot < SLOTS; slot++) {
    const { number, start, tag } = writtenAt(disk, FIRST_SECTOR + slot);
    if (number === 0) continue;
    const owner = starts.findIndex((it) => it.start === start && it.tag === tag);
    entries.set(slot, { place: number, owner, host: String(tag) });
  }
  return violations(owners, entries);
}
