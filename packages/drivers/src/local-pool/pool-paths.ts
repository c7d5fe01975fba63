import { invalid } from "@limiquantix/api";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * What lies where in a pool. Every file is named by a UUID that is checked first, so no name can leave the pool.
 *
 *     images/<imageId>.qcow2|raw|iso   complete and inspected, with <imageId>.json beside it
 *     partial/<imageId>                an upload or download that goes on, with <imageId>.json beside it
 *     volumes/<volumeId>.qcow2         the disks of VMs
 *     seeds/<vmId>.iso                 NoCloud seeds
 */
export interface PoolPaths {
  root: string;
  images: string;
  partial: string;
  volumes: string;
  seeds: string;
}

export function poolPaths(root: string): PoolPaths {
  const under = (folder: string) => join(root, folder);
  return {
    root,
    images: under("images"),
    partial: under("partial"),
    volumes: under("volumes"),
    seeds: under("seeds"),
  };
}

/**
 * Makes the folders. Others than root may pass through (0711) but not list: where libvirt runs QEMU as a user of its
 * own it hands single files over to it, which are 0600 otherwise. Nobody but us looks into partial.
 */
export async function makeFolders(paths: PoolPaths): Promise<void> {
  await mkdir(paths.root, { recursive: true, mode: 0o711 });
  for (const folder of [paths.images, paths.volumes, paths.seeds]) await makeFolder(folder, 0o711);
  await makeFolder(paths.partial, 0o700);
}

async function makeFolder(path: string, mode: number): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, mode);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The id itself, when it is a UUID in lower case; else INVALID_REQUEST. */
export function checkedId(id: string, field: string): string {
  if (!UUID.test(id)) throw invalid([{ field, message: `must be a UUID, is ${JSON.stringify(id.slice(0, 64))}` }]);
  return id;
}

/** `0192….qcow2` → `0192…`; undefined for a file that is not named like ours. */
export function idOfFile(name: string, extension: string): string | undefined {
  const id = name.endsWith(extension) ? name.slice(0, -extension.length) : "";
  return UUID.test(id) ? id : undefined;
}
