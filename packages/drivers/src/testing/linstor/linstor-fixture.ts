import { ImageSpec_Format } from "@limiquantix/api";
import { newId, silentLog, systemClock } from "@limiquantix/kit";
import type { VolumeFixture } from "@limiquantix/node/suites";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { LinstorPool } from "../../linstor/linstor-pool.ts";
import { qcow2File, readDisk, writeDisk } from "../qemu-io.ts";
import { LinstorServer } from "./linstor-server.ts";

const run = promisify(execFile);
const KIB_PER_MIB = 1024;

/** `node`: charlie and delta have no storage of their own; charlie is the tie breaker of what is new. */
export function openLinstor(server: LinstorServer, { pool = newId(), node = "delta", host = "this-host" } = {}) {
  return LinstorPool.open({
    pool,
    access: { controllers: [server.url], token: server.token },
    group: "vms",
    node,
    host,
    keyFiles: new Map(),
    clock: systemClock,
    log: silentLog,
  });
}

/** A pool of a server of its own. */
export async function linstorFixture(kind: "LVM_THIN" | "LVM" = "LVM_THIN"): Promise<VolumeFixture> {
  const server = await LinstorServer.start({ kind });
  const { cluster } = server;
  const pool = newId();
  const open = () => openLinstor(server, { pool });
  const outside = async (sizeBytes: number, contents?: Uint8Array) => {
    const path = join(cluster.directory, `${newId()}.qcow2`);
    await writeFile(path, await qcow2File(sizeBytes, contents));
    return path;
  };
  const somebodys = async (name: string, sizeKib: number) => {
    const made = await cluster.define(name, "vms", {});
    made.sizeKib = sizeKib;
    await cluster.makeFile(made);
    for (const node of ["alpha", "bravo"]) {
      await cluster.deploy(made, node, { flags: [], pool: "vms" });
      await cluster.ready(made, node);
    }
    return made;
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
    async fill() {
      await server.idle();
      const node = cluster.nodes[0];
      const free = node ? await cluster.freeKib(node, "vms") : 0;
      const sizeKib = free - 6 * KIB_PER_MIB;
      const filler = await somebodys("filler", sizeKib);
      await run("fallocate", ["-l", String(sizeKib * 1024), filler.file]);
      return () => cluster.remove(filler);
    },
    async foreign() {
      await somebodys("somebodys", 8 * KIB_PER_MIB);
      return "somebodys";
    },
    close: () => server[Symbol.asyncDispose](),
  };
}
