import { invalid } from "@limiquantix/api";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { makeDirectory } from "../files/make-directory.ts";

/**
 * What lies where in a pool. Every file is named by a UUID that is checked first, so no name can leave the pool.
 *
 *     images/<imageId>.qcow2|raw|iso   complete and inspected, with <imageId>.json beside it
 *     partial/<imageId>                an upload or download that goes on, with <imageId>.json beside it
 *     volumes/<volumeId>.qcow2         the disks of VMs; with snapshots also <volumeId>.<layer>.qcow2 and <volumeId>.json
 *     volumes/<volumeId>.raw           a disk that several VMs have at the same time
 *     memory/<snapshotId>.mem          the memory of guests, for snapshots
 *     seeds/<vmId>.iso                 NoCloud seeds
 */
export interface PoolPaths {
  root: string;
  images: string;
  partial: string;
  volumes: string;
  seeds: string;
  memory: string;
}

/** Ends the name of a volume that several VMs have. */
export const SHARED = ".raw";

export const FOLDERS = ["images", "partial", "volumes", "seeds", "memory"] as const;
/** Says whose a directory is that was given to us. */
export const MARK_FILE = ".limiquantix-pool.json";

export function poolPaths(root: string): PoolPaths {
  const under = (folder: string) => join(root, folder);
  return {
    root,
    images: under("images"),
    partial: under("partial"),
    volumes: under("volumes"),
    seeds: under("seeds"),
    memory: under("memory"),
  };
}

/**
 * Makes the folders. Others than root may pass through (0711) but not list: where libvirt runs QEMU as a user of its
 * own it hands single files over to it, which are 0600 otherwise. Nobody but us looks into partial.
 */
export async function makeFolders(paths: PoolPaths): Promise<void> {
  await makeDirectory(paths.root, 0o711);
  for (const folder of [paths.images, paths.volumes, paths.seeds, paths.memory]) await makeFolder(folder, 0o711);
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

/** Of which volume a file is, and which of its layers; undefined for a file that is not named like ours. */
export function layerOfFile(name: string): { volumeId: string; layer: number } | undefined {
  const [id = "", number, extension, ...more] = name.split(".");
  if (!UUID.test(id) || more.length > 0) return undefined;
  if (number === "qcow2" && extension === undefined) return { volumeId: id, layer: 0 };
  return extension === "qcow2" && /^[1-9][0-9]{0,8}$/.test(number ?? "")
    ? { volumeId: id, layer: Number(number) }
    : undefined;
}

export function layerFile(volumeId: string, layer: number): string {
  return layer === 0 ? `${volumeId}.qcow2` : `${volumeId}.${layer}.qcow2`;
}

/** `0192….qcow2` → `0192…`; undefined for a file that is not named like ours. */
export function idOfFile(name: string, extension: string): string | undefined {
  const id = name.endsWith(extension) ? name.slice(0, name.length - extension.length) : "";
  return UUID.test(id) ? id : undefined;
}
