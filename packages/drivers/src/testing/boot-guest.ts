import type { DiskSource } from "@limiquantix/node";
import { execFile } from "node:child_process";
import { qemuSource } from "../file-pool/qemu-source.ts";

const SECTOR = 512;

/**
 * The smallest guest that proves that a disk is attached, can be booted and has the right bytes: its boot sector (16-bit code)
 * reads the sector behind it by the BIOS (int 13h), prints what is in both on COM1, and ends QEMU by isa-debug-exit.
 */
export function bootableDisk(text: string): Uint8Array {
  const print = "ac 84 c0 74 12 88 c4 ba fd 03 ec a8 20 74 fb 88 e0 ba f8 03 ee eb e9";
  const code = [
    ["fa 31 c0 8e d8 8e c0 8e d0 bc 00 7c fb", "cli; ds, es, ss = 0; sp = 7c00h; sti"],
    ["b8 01 02 b9 02 00 b6 00 bb 00 7e cd 13", "read one sector, cylinder 0, head 0, sector 2, to 7e00h"],
    ["be 00 7d", "mov si, 7d00h"],
    [print, "lodsb; until it is 0: wait for COM1 (3fdh, bit 5), out 3f8h, al"],
    ["be 00 7e", "mov si, 7e00h"],
    [print, "the same"],
    ["b0 31 e6 f4 f4 eb fd", "out f4h, 31h; hlt"],
  ];
  const disk = Buffer.alloc(2 * SECTOR);
  Buffer.from(code.map(([hex]) => hex?.replaceAll(" ", "")).join(""), "hex").copy(disk);
  disk.write("LQX-GUEST ", 0x100);
  disk.set([0x55, 0xaa], 510);
  disk.write(text, SECTOR);
  return disk;
}

/** Boots from a disk and answers what the guest printed. */
export async function bootGuest(source: DiskSource, keyFile: string): Promise<string> {
  const { name, objects, format } = qemuSource(source, () => keyFile);
  const disk = name.startsWith("json:")
    ? ["-blockdev", JSON.stringify({ "node-name": "disk", ...(JSON.parse(name.slice(5)) as object) })]
    : [
        "-blockdev",
        JSON.stringify({ "node-name": "disk", driver: format[1], file: { driver: "file", filename: name } }),
      ];
  const machine = [
    "-machine",
    "pc",
    "-accel",
    "tcg",
    "-m",
    "16",
    "-display",
    "none",
    "-nodefaults",
    "-serial",
    "stdio",
  ];
  const secret = objects.map((it) => (it === "--object" ? "-object" : it));
  const devices = [
    "-device",
    "isa-debug-exit,iobase=0xf4,iosize=1",
    "-device",
    "virtio-blk-pci,drive=disk,bootindex=0",
  ];
  return new Promise((resolve, reject) => {
    const args = [...machine, ...secret, ...disk, ...devices];
    const guest = execFile("qemu-system-x86_64", args, { timeout: 60_000 }, (error, stdout, stderr) => {
      // 2 × 31h + 1: the guest ended it.
      if (error?.code === 99) resolve(stdout.split("\0")[0] ?? "");
      else reject(new Error(`the guest did not end by itself: ${stdout} ${stderr}`, { cause: error }));
    });
    guest.stdin?.end();
  });
}
