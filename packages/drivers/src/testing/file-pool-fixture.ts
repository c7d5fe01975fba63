import { ImageSpec_Format } from "@limiquantix/api";
import { MIB, newId, silentLog, systemClock } from "@limiquantix/kit";
import type { VolumeBackend } from "@limiquantix/node";
import type { VolumeFixture } from "@limiquantix/node/suites";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, statfs, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { FilePool } from "../file-pool/file-pool.ts";
import { mergeFiles, qcow2File, readDisk, writeDisk } from "./qemu-io.ts";

const run = promisify(execFile);

/** A file system of its own in a sparse file. */
export async function mountedFileSystem(make: readonly [string, ...string[]], sizeMib = 2048): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "lqx-fs-"));
  const [program, ...options] = make;
  await run("truncate", ["-s", `${sizeMib}M`, `${root}.img`]);
  await run(program, [...options, `${root}.img`]);
  await run("mount", ["-o", "loop", `${root}.img`, root]);
  return root;
}

export async function unmount(root: string): Promise<void> {
  await run("umount", ["-l", root]);
  await rm(`${root}.img`);
  await rm(root, { recursive: true });
}

const ownPool = (root: string): Promise<VolumeBackend> =>
  FilePool.open({ pool: "local", root, clock: systemClock, log: silentLog });

/** A file pool in a new directory on this file system, opened by `opened`. */
export async function filePoolFixture(fileSystem: string, opened = ownPool): Promise<VolumeFixture> {
  const base = await mkdtemp(join(fileSystem, "pool-"));
  const root = join(base, "pool");
  await mkdir(root);
  const open = () => opened(root);
  const outside = async (sizeBytes: number, contents?: Uint8Array) => {
    const path = join(base, `${newId()}.qcow2`);
    await writeFile(path, await qcow2File(sizeBytes, contents));
    return path;
  };
  return {
    backend: await open(),
    reopen: open,
    qcow2: qcow2File,
    async image(virtualSizeBytes, contents) {
      const path = await outside(virtualSizeBytes, contents);
      return { imageId: newId(), path, format: ImageSpec_Format.QCOW2, sizeBytes: 0, virtualSizeBytes, sha256: "" };
    },
    outside: async (sizeBytes, contents) => ({
      kind: "file",
      path: await outside(sizeBytes, contents),
      format: "qcow2",
    }),
    write: writeDisk,
    read: readDisk,
    merge: mergeFiles,
    async fill() {
      const filler = join(base, "filler");
      await mkdir(filler);
      // XFS gives the blocks of deleted files back a moment later.
      for (let file = 0, quiet = 0; quiet < 3; file++) {
        const { bavail, bsize } = await statfs(root);
        const bytes = bavail * bsize - 6 * MIB;
        if (bytes > MIB) await run("fallocate", ["-l", String(bytes), join(filler, String(file))]);
        quiet = bytes > MIB ? 0 : quiet + 1;
        await run("sync", ["-f", root]);
      }
      return async () => {
        // Of those that are emptied first it has them at once.
        for (const file of await readdir(filler)) await truncate(join(filler, file));
        await rm(filler, { recursive: true });
      };
    },
    async foreign() {
      await mkdir(join(root, "somebody's"));
      await writeFile(join(root, "somebody's", "disk.vmdk"), "not ours");
      return "somebody's/disk.vmdk";
    },
    close: () => rm(base, { recursive: true, force: true }),
  };
}
