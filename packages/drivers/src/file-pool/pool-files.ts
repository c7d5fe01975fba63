import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type PoolFile, PoolFile_Type as Type, PoolFileSchema } from "@limiquantix/api";
import { join } from "node:path";
import { ifExists } from "../files/errno.ts";
import type { Chain } from "./chain.ts";
import type { StoredEntry } from "./file-store.ts";
import { FOLDERS, idOfFile, layerOfFile, MARK_FILE, SHARED } from "./pool-paths.ts";
import type { VolumeFiles } from "./volume-files.ts";

interface Known {
  type: Type;
  ownerId: string;
}

/** Everything below a pool's root, the folders' own contents first; links are not followed. */
export async function listPoolFiles(files: VolumeFiles, limit: number): Promise<PoolFile[]> {
  const { root } = files.paths;
  const chains = new Map<string, Chain | undefined>();
  const chainOf = async (volumeId: string) => {
    if (!chains.has(volumeId)) chains.set(volumeId, await files.find(volumeId));
    return chains.get(volumeId);
  };
  const found: PoolFile[] = [];

  async function walk(folder: string): Promise<void> {
    const entries = (await ifExists(files.store.entries(join(root, folder)))) ?? [];
    for (const entry of entries.toSorted(byName)) {
      if (found.length >= limit) return;
      if (folder === "" && entry.name === MARK_FILE) continue;
      const path = join(folder, entry.name);
      const stats = await ifExists(files.store.statEntry(join(root, path)));
      if (!stats) continue;
      const isDirectory = entry.type === "directory";
      const known = isDirectory ? { type: Type.DIRECTORY, ownerId: "" } : await ownerOf(folder, entry, chainOf);
      // It has fractions of a millisecond, which a timestamp does not take for every number.
      const modifiedAt = timestampFromMs(Math.trunc(stats.modifiedMs));
      const sizeBytes = BigInt(isDirectory ? 0 : stats.sizeBytes);
      found.push(create(PoolFileSchema, { ...known, path, sizeBytes, modifiedAt }));
      if (isDirectory) await walk(path);
    }
  }

  await walk("");
  return found;
}

async function ownerOf(
  folder: string,
  entry: StoredEntry,
  chainOf: (volumeId: string) => Promise<Chain | undefined>,
): Promise<Known> {
  const foreign = { type: Type.FOREIGN, ownerId: "" };
  if (!FOLDERS.some((name) => name === folder) || entry.type !== "file") return foreign;
  const name = entry.name.replace(/(\.[a-z0-9-]+)?\.new$/, "");
  if (folder === "volumes") {
    const layer = layerOfFile(name);
    const ownerId = layer?.volumeId ?? idOfFile(name, ".json") ?? idOfFile(name, SHARED);
    if (!ownerId) return foreign;
    const chain = layer && (await chainOf(ownerId));
    return { type: !chain || chain.top === layer.layer ? Type.VOLUME : Type.SNAPSHOT, ownerId };
  }
  const ownerId = idOfFile(name.replace(/\.[a-z0-9]+$/, ""), "");
  if (!ownerId) return foreign;
  return { type: folder === "seeds" ? Type.SEED : folder === "memory" ? Type.SNAPSHOT : Type.IMAGE, ownerId };
}

function byName(a: StoredEntry, b: StoredEntry): number {
  // What is ours comes first, so that a limit cuts off what is not.
  const ours = (entry: StoredEntry) => (FOLDERS.some((name) => name === entry.name) ? 0 : 1);
  return ours(a) - ours(b) || (a.name < b.name ? -1 : 1);
}
