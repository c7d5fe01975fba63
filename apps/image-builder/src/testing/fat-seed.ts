import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createSparse } from "../disk.ts";
import { run } from "../run.ts";

/** A NoCloud seed on a FAT volume, the other form beside ISO 9660 that cloud-init takes. */
export async function writeFatSeed(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  const path = join(folder, "seed.img");
  await createSparse(path, 1024 * 1024);
  await run("mkfs.vfat", ["-n", "CIDATA", path]);
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text);
    await run("mcopy", ["-i", path, join(folder, name), `::${name}`]);
  }
  return path;
}
