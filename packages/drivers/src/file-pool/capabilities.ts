import { create } from "@bufbuild/protobuf";
import { type PoolCapabilities, PoolCapabilitiesSchema } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shareBlocks } from "./share-blocks.ts";

/** What a pool of files on this directory can do, found by trying. */
export async function fileCapabilities(directory: string, unfinished: string): Promise<PoolCapabilities> {
  const instantClones = await sharesBlocks(directory, unfinished);
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

async function sharesBlocks(directory: string, unfinished: string): Promise<boolean> {
  const [from, to] = [1, 2].map(() => join(directory, `probe-${newId()}${unfinished}`)) as [string, string];
  try {
    await writeFile(from, Buffer.alloc(64 * 1024, 1));
    return await shareBlocks(from, to);
  } finally {
    for (const path of [from, to]) await rm(path, { force: true });
  }
}
