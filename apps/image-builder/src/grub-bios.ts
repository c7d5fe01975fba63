const SECTOR_BYTES = 512;

/**
 * What grub-bios-setup writes, without the loop device that it needs: boot.img for the first sector, and core.img
 * for the BIOS boot partition, each told where core.img lies. Offsets from GRUB's boot/i386/pc/boot.S (kernel sector
 * at 0x5c, boot drive check at 0x66) and diskboot.S (a list of blocks that ends at byte 512, 12 bytes an entry).
 */
export function patchGrub(boot: Uint8Array, core: Uint8Array, startSector: number): { mbr: Buffer; core: Buffer } {
  const mbr = Buffer.from(boot.subarray(0, SECTOR_BYTES));
  mbr.writeBigUInt64LE(BigInt(startSector), 0x5c);
  // Two NOPs: a hard disk's BIOS number is taken as given.
  mbr.writeUInt16LE(0x9090, 0x66);
  const sectors = Math.ceil(core.length / SECTOR_BYTES);
  const padded = Buffer.alloc(sectors * SECTOR_BYTES);
  padded.set(core);
  const entry = SECTOR_BYTES - 12;
  padded.writeBigUInt64LE(BigInt(startSector + 1), entry);
  padded.writeUInt16LE(sectors - 1, entry + 8);
  // The segment that the rest is loaded to (GRUB_BOOT_MACHINE_KERNEL_SEG + 0x20).
  padded.writeUInt16LE(0x820, entry + 10);
  return { mbr: mbr.subarray(0, 440), core: padded };
}
