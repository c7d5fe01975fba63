import { create } from "@bufbuild/protobuf";
import { type PoolCapabilities, PoolCapabilitiesSchema } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { join } from "node:path";
import type { FileStore } from "./file-store.ts";

/** What a pool of files on this directory can do, found by trying. */
export async function fileCapabilities(
  store: FileStore,
  directory: string,
  unfinished: string,
): Promise<PoolCapabilities> {
  const instantClones = await sharesBlocks(store, directory, unfinished);
  const unsupported: Record<string, string> = { shared: "the directory is on this host alone" };
  if (!instantClones) unsupported["instant_clones"] = "the file system shares no blocks between files (reflink)";
  return create(PoolCapabilitiesSchema, {
    shared: false,
    images: true,
    snapshots: true,
    linkedClones: true,
    instantClones,
    thin: true,
    onlineResize: true,
    discard: true,
    dirtyBitmaps: true,
    sharedDisks: true,
    unsupported,
  });
}

async function sharesBlocks(store: FileStore, directory: string, unfinished: string): Promise<boolean> {
  const [from, to] = [1, 2].map(() => join(directory, `probe-${newId()}${unfinished}`)) as [string, string];
  try {
    await store.write(from, Buffer.alloc(64 * 1024, 1), unfinished);
    return await store.shareBlocks(from, to);
  } finally {
    for (const path of [from, to]) await store.remove(path);
  }
}
