import { truncate, writeFile } from "node:fs/promises";
import { mtoolsEnvironment } from "./config.ts";
import { run } from "./run.ts";

const MIB = 1024 * 1024;
const SECTOR_BYTES = 512;

/** A partition of a GPT disk; `typeCode` as in sgdisk(8): ef00 ESP, ef02 BIOS boot, 8300 Linux. */
export interface Partition {
  readonly number: number;
  readonly startSector: number;
  readonly sectors: number;
  readonly typeCode: string;
  /** The file that holds its content. */
  readonly content?: string;
  /** Sets "legacy BIOS bootable", which SYSLINUX's boot code looks for. */
  readonly bootable?: boolean;
}

/** Writes a sparse raw disk with a GPT, with neither loop devices nor mounts. */
export async function writeGptDisk(path: string, sizeBytes: number, partitions: readonly Partition[]): Promise<void> {
  await createSparse(path, sizeBytes);
  const args = partitions.flatMap(({ number, startSector, sectors, typeCode, bootable }) => [
    "-n",
    `${number}:${startSector}:${startSector + sectors - 1}`,
    "-t",
    `${number}:${typeCode}`,
    ...(bootable ? ["-A", `${number}:set:2`] : []),
  ]);
  await run("sgdisk", ["-o", "-a", "1", ...args, path]);
  for (const { content, startSector } of partitions) {
    if (content) await copyInto(path, content, startSector);
  }
}

/** Copies a file into a disk at a sector, leaving holes where it is empty. */
async function copyInto(disk: string, content: string, startSector: number): Promise<void> {
  const seek = `seek=${startSector * SECTOR_BYTES}`;
  await run("dd", [
    `if=${content}`,
    `of=${disk}`,
    "bs=1M",
    seek,
    "oflag=seek_bytes",
    "conv=notrunc,sparse",
    "status=none",
  ]);
}

export async function createSparse(path: string, sizeBytes: number): Promise<void> {
  await writeFile(path, "");
  await truncate(path, sizeBytes);
}

/** A file on a FAT volume: copied from a file, or from text. */
export type FatFile = { readonly to: string } & ({ readonly from: string } | { readonly text: string });

/** Writes an EFI system partition (FAT16, which 16 to 500 MiB take) with mtools. */
export async function writeEsp(path: string, sizeMiB: number, files: readonly FatFile[]): Promise<void> {
  await createSparse(path, sizeMiB * MIB);
  await run("mkfs.vfat", ["-F", "16", "-n", "ESP", path]);
  const env = mtoolsEnvironment();
  const folders = new Set(files.flatMap(({ to }) => parentsOf(to)));
  await run("mmd", ["-i", path, ...[...folders].map((folder) => `::${folder}`)], { env });
  for (const file of files) {
    let from = "from" in file ? file.from : "";
    if ("text" in file) {
      from = `${path}.text`;
      await writeFile(from, file.text);
    }
    await run("mcopy", ["-o", "-i", path, from, `::${file.to}`], { env });
  }
}

/** `/EFI/BOOT/x` → `/EFI`, `/EFI/BOOT`. */
function parentsOf(path: string): string[] {
  const parts = path.split("/").slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
}

/** Compresses a raw disk into a qcow2 that stands alone. */
export async function toQcow2(raw: string, path: string): Promise<void> {
  await run("qemu-img", ["convert", "-f", "raw", "-c", "-W", "-O", "qcow2", "-o", "compression_type=zstd", raw, path]);
}
