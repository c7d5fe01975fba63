import { execFile } from "node:child_process";
import { open, readFile, rm } from "node:fs/promises";
import { promisify } from "node:util";
import type { DiskFiles, FileSource } from "./disk-files.ts";

const run = promisify(execFile);
const SECTOR = 512;
const FIRST_SECTOR = 64;
const SLOTS = 1024;

/**
 * A guest of one boot sector (16-bit code): it counts, and writes each number to a slot on its first disk and then on its
 * second, if it has one, over and over. A slot that does not have the newest of its numbers shows a write that was lost.
 * Each number is then kept in the first disk's sector 1, from where the guest goes on when it boots again.
 */
export function countingBootSector(slots = SLOTS): Uint8Array {
  const sector = new Uint8Array(SECTOR);
  const mask = Buffer.alloc(4);
  mask.writeUInt32LE(slots - 1);
  const code = [
    ["fa 31 c0 8e d8 8e c0 8e d0 bc 00 7c fb", "cli; ds, es, ss = 0; sp = 7c00h; sti"],
    ["66 c7 06 08 7d 01 00 00 00", "mov dword [packet + 8], 1"],
    ["b2 80 be 00 7d b4 42 cd 13", "mov dl, first disk; mov si, packet; mov ah, 42h; int 13h"],
    ["66 ff 06 00 7e", "next: inc dword [7e00h]"],
    [`66 a1 00 7e 66 25 ${mask.toString("hex")}`, "mov eax, [7e00h]; and eax, slots - 1"],
    ["66 83 c0 40 66 a3 08 7d", "add eax, 64; mov [packet + 8], eax"],
    ["b2 80 e8 15 00", "mov dl, first disk; call write"],
    ["b2 81 e8 10 00", "mov dl, second disk; call write"],
    ["66 c7 06 08 7d 01 00 00 00", "mov dword [packet + 8], 1"],
    ["b2 80 e8 02 00", "mov dl, first disk; call write"],
    ["eb cf", "jmp next"],
    ["be 00 7d b8 00 43 cd 13 c3", "write: mov si, packet; mov ax, 4300h; int 13h; ret"],
  ];
  sector.set(Buffer.from(code.map(([hex]) => hex?.replaceAll(" ", "")).join(""), "hex"));
  // At 7d00h: a packet of 16 bytes, one sector, from 0000:7e00.
  sector.set(Buffer.from("10000100007e0000", "hex"), 0x100);
  sector.set([0x55, 0xaa], 510);
  return sector;
}

export interface Count {
  /** The newest number. */
  last: number;
  /** Slots that have another number than they should. */
  lost: number;
}

/** What the guest wrote to a disk, its layers included. */
export async function readCount(disks: DiskFiles, path: string, format = "qcow2", slots = SLOTS): Promise<Count> {
  const raw = disks.path("read");
  await run("qemu-img", copyOfSlots({ path, format, slots, to: raw }));
  try {
    return countOf(await readFile(raw), slots);
  } finally {
    await rm(raw, { force: true });
  }
}

/** What qemu-img is told to copy the slots of a disk into a file. */
export function copyOfSlots(disk: { path: string; format: string; slots: number; to: string }): string[] {
  const bytes = FIRST_SECTOR * SECTOR;
  // Unlike dd, it counts what is skipped.
  const count = 1 + Math.ceil((disk.slots * SECTOR) / bytes);
  const where = [`bs=${bytes}`, "skip=1", `count=${count}`, `if=${disk.path}`, `of=${disk.to}`];
  return ["dd", "-U", "-f", disk.format, "-O", "raw", ...where];
}

/** How far the guest counted that wrote these slots. */
export function countOf(written: Buffer, count: number): Count {
  const slots = Array.from({ length: count }, (_, i) => written.readUInt32LE(i * SECTOR));
  const last = slots.reduce((max, number) => Math.max(max, number), 0);
  const newest = (slot: number) => {
    const number = last - ((last - slot) % slots.length);
    return number > 0 && last >= slot ? number : 0;
  };
  return { last, lost: slots.filter((number, slot) => number !== newest(slot)).length };
}

/** A disk that the guest boots from. */
export async function countingDisk(disks: DiskFiles, sizeBytes: number): Promise<FileSource> {
  const raw = await disks.empty(sizeBytes, "raw");
  {
    await using file = await open(raw.path, "r+");
    await file.write(countingBootSector(), 0, SECTOR, 0);
  }
  const disk: FileSource = { kind: "file", path: disks.path("qcow2"), format: "qcow2" };
  await run("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw.path, disk.path]);
  await rm(raw.path);
  return disk;
}
