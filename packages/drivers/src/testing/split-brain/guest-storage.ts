import { newId, silentLog } from "@limiquantix/kit";
import type { DiskSource } from "@limiquantix/node";
import { execFile } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { FilePool } from "../../file-pool/file-pool.ts";
import { qemuSource } from "../../file-pool/qemu-source.ts";
import { RbdPool } from "../../rbd/rbd-pool.ts";
import { type CephLab, KeptSecrets } from "../ceph.ts";
import type { QemuIoSession } from "../qemu-io-session.ts";
import type { GuestStorage } from "./guest-lane.ts";

const run = promisify(execFile);
const BLOCK_BYTES = 1024 ** 2;

/** Not in a namespace: libvirt knows none. */
export function cephGuests(ceph: CephLab): GuestStorage {
  const options = ceph.options("");
  return {
    name: "Ceph RBD",
    forgets: true,
    directory: ceph.directory,
    disks: ceph.disks,
    open: (pool, host, clock, hypervisor) =>
      RbdPool.open({ ...options, pool, host, clock, secrets: hypervisor?.secrets ?? new KeptSecrets() }),
    read: (source, bytes) => readDisk(ceph.directory, ceph.keyFile, source, bytes),
  };
}

export function directoryGuests(directory: string, disks: QemuIoSession): GuestStorage {
  const root = join(directory, "guests");
  return {
    name: "a shared directory",
    forgets: false,
    directory,
    disks,
    open: async (pool, host, clock) => {
      await mkdir(root, { recursive: true });
      return FilePool.open({ pool, root, sharedAs: host, clock, log: silentLog });
    },
    read: (source, bytes) => readDisk(directory, "", source, bytes),
  };
}

/** The beginning of a disk, whoever has it open. */
async function readDisk(directory: string, keyFile: string, source: DiskSource, bytes: number): Promise<Buffer> {
  const to = join(directory, `${newId()}.raw`);
  const { name, format, objects } = qemuSource(source, () => keyFile);
  const blockBytes = Math.min(bytes, BLOCK_BYTES);
  const count = Math.ceil(bytes / blockBytes);
  const what = ["-O", "raw", `bs=${blockBytes}`, `count=${count}`, `if=${name}`, `of=${to}`];
  try {
    await run("qemu-img", ["dd", ...objects, "-U", ...format, ...what]);
    return await readFile(to);
  } finally {
    await rm(to, { force: true });
  }
}
