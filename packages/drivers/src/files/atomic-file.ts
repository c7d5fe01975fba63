import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes the names in a directory survive a power cut (fsync(2): syncing a file does not sync its directory entry). */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Renames a file that is already synced; afterwards the new name is on disk. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
}

/** The whole file or none of it, whatever happens: temporary name, fsync, rename. Readable by its owner alone. */
export async function writeFileAtomically(
  path: string,
  content: Uint8Array | string,
  unfinished = ".new",
): Promise<void> {
  const temporary = path + unfinished;
  await rm(temporary, { force: true });
  const handle = await open(temporary, "wx", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await renameDurably(temporary, path);
}
