import { newId } from "@limiquantix/kit";
import { once } from "node:events";
import { join } from "node:path";
import { rolldown } from "rolldown";
import type { ChildLink } from "../remote-backend/child-link.ts";
import type { StorageVm } from "./storage-vm.ts";

const FOLDER = "/opt/backend";
const PORT = 7001;

/** Starts what has a backend in it, in a VM. */
export interface VmChildren {
  /** A process, as a host has one for each pool. */
  start: () => Promise<ChildLink>;
  /** A line to one process that has all of them: quicker, and nothing to be killed. */
  connect: () => Promise<ChildLink>;
}

export async function installChildren(vm: StorageVm): Promise<VmChildren> {
  await vm.exec(["mkdir", "-p", FOLDER]);
  await install(vm, "../remote-backend/main.ts", "main.mjs");
  await install(vm, "backend-server.ts", "server.mjs");
  const server = await vm.pipe(["node", `${FOLDER}/server.mjs`, String(PORT)]);
  await once(server, "data");
  return {
    async start() {
      const id = newId();
      const socket = await vm.pipe(["env", `NODE_COMPILE_CACHE=${FOLDER}/cache`, "node", `${FOLDER}/main.mjs`, id]);
      const gone = `while pgrep -f 'main.mj[s] ${id}' >/dev/null; do sleep 0.1; done`;
      return {
        input: socket,
        output: socket,
        async kill() {
          socket.destroy();
          await vm.exec(["sh", "-c", gone]);
        },
      };
    },
    async connect() {
      const socket = await vm.pipe(["busybox", "nc", "127.0.0.1", String(PORT)]);
      return { input: socket, output: socket, kill: async () => void socket.destroy() };
    },
  };
}

function install(vm: StorageVm, source: string, name: string): Promise<void> {
  return installBundle(vm, join(import.meta.dirname, source), `${FOLDER}/${name}`);
}

/** A program with all that it imports as one file in a VM. */
export async function installBundle(vm: StorageVm, source: string, path: string): Promise<void> {
  const bundle = await rolldown({ input: source, platform: "node" });
  const { output } = await bundle.generate({ format: "esm", codeSplitting: false });
  await bundle.close();
  await vm.writeFile(path, output[0].code);
}
