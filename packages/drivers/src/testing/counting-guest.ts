import { execFile } from "node:child_process";
import { open, rm } from "node:fs/promises";
import { promisify } from "node:util";
import type { DiskFiles, FileSource } from "./disk-files.ts";

const run = promisify(execFile);
const SECTOR = 512;
const FIRST_SECTOR = 64;
const SLOTS = 1024;

/**
 * A guest of one boot sector (16-bit code): it counts in memory, and writes each number to a slot on its first disk and then
 * on its second, over and over. A slot that does not have the newest of its numbers shows a write that was lost.
 */
export function countingBootSector(): Uint8Array {
  const sector = new Uint8Array(SECTOR);
  const code = [
    ["fa 31 c0 8e d8 8e c0 8e d0 bc 00 7c fb", "cli; ds, es, ss = 0; sp = 7c00h; sti"],
    ["66 c7 06 00 7e 00 00 00 00", "mov dword [7e00h], 0"],
    ["66 ff 06 00 7e", "next: inc dword [7e00h]"],
    ["66 a1 00 7e 66 25 ff 03 00 00", "mov eax, [7e00h]; and eax, 3ffh"],
    ["66 83 c0 40 66 a3 08 7d", "add eax, 64; mov [packet + 8], eax"],
    ["b2 80 e8 07 00", "mov dl, first disk; call write"],
    ["b2 81 e8 02 00", "mov dl, second disk; call write"],
    ["eb dd", "jmp next"],
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
export async function readCount(disks: DiskFiles, path: string, format = "qcow2"): Promise<Count> {
  const raw = disks.path("read");
  // Unlike dd, it counts what is skipped.
  const [skip, count] = [`skip=${FIRST_SECTOR}`, `count=${FIRST_SECTOR + SLOTS}`];
  await run("qemu-img", ["dd", "-U", "-f", format, "-O", "raw", "bs=512", skip, count, `if=${path}`, `of=${raw}`]);
  try {
    await using file = await open(raw);
    const { buffer } = await file.read(Buffer.alloc(SLOTS * SECTOR), 0, SLOTS * SECTOR);
    const slots = Array.from({ length: SLOTS }, (_, i) => buffer.readUInt32LE(i * SECTOR));
    const last = Math.max(...slots);
    const newest = (slot: number) => {
      const number = last - ((last - slot) % SLOTS);
      return number > 0 && last >= slot ? number : 0;
    };
    return { last, lost: slots.filter((number, slot) => number !== newest(slot)).length };
  } finally {
    await rm(raw, { force: true });
  }
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
