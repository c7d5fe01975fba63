import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { copyOfSlots, countOf } from "../../packages/drivers/src/testing/counting-guest.ts";
import { StorageVm } from "../../packages/drivers/src/testing/storage-vm.ts";
import { installBundle } from "../../packages/drivers/src/testing/storage-vm-child.ts";
import { leaseConf, lockdConf, plainHostConf, printConf } from "../../tools/host/libvirt-config.ts";
import type { GuestHost } from "./counting-vms.ts";
import { type HostDaemon, root, type Stack, until } from "./stack.ts";

const run = promisify(execFile);
const FOLDER = "/opt/limiquantix";
const SLOTS = 4096;
/** The VM's own address, and ours as it sees us (QEMU's user network). */
const [ADDRESS, CONTROL_PLANE] = ["10.0.2.15", "https://10.0.2.2:8443"];

const route = ["table", "local", "local", ADDRESS, "dev", "lo"];

/**
 * A storage VM that is a whole host: libvirt, QEMU under two emulations, and our node daemon, joined by mutual TLS to a
 * control plane outside. Guests in it must be of one boot sector: an operating system would take minutes to start.
 *
 *     const host = await StorageVmHost.boot();
 *     const stack = await Stack.start((stack) => host.node(stack));
 */
export class StorageVmHost implements AsyncDisposable {
  readonly vm: StorageVm;

  private constructor(vm: StorageVm) {
    this.vm = vm;
  }

  static async boot(): Promise<StorageVmHost> {
    // QEMU hands on what comes from loopback as its own, and all else as from whom it is: the VM answers no call of its own address.
    await run("ip", ["route", "replace", ...route, "src", "127.0.0.1"]);
    const host = new StorageVmHost(await StorageVm.start({ asHost: true }));
    try {
      await host.#install();
      return host;
    } catch (cause) {
      await host[Symbol.asyncDispose]();
      throw cause;
    }
  }

  async #install(): Promise<void> {
    const { vm } = this;
    const start = this.sh(`mkdir -p ${FOLDER}; ip link set lo up
      printf %s ${quoted(printConf({ ...plainHostConf, ...leaseConf }))} >/etc/libvirt/qemu.conf
      printf %s ${quoted(printConf(lockdConf))} >/etc/libvirt/qemu-lockd.conf
      systemctl start virtlockd virtlogd libvirtd`);
    await start;
    await installBundle(vm, join(root, "apps/noded/src/main.ts"), `${FOLDER}/node.mjs`);
    await installBundle(vm, join(root, "packages/drivers/src/remote-backend/main.ts"), `${FOLDER}/backend.mjs`);
    // The name that the daemon starts pools by.
    await vm.writeFile(`${FOLDER}/main.ts`, 'import "./backend.mjs";\n');
  }

  sh(script: string): Promise<string> {
    return this.vm.exec(["bash", "-ec", script]);
  }

  node(stack: Stack): HostDaemon {
    return new VmDaemon(this.vm, () => readFile(join(stack.directory, "control/first-join-token"), "utf8"));
  }

  /** Of the guests in the VM. */
  get guests(): GuestHost {
    return {
      slots: SLOTS,
      patienceMs: 180_000,
      virsh: async (...args) => ({ stdout: await this.vm.exec(["virsh", ...args]) }),
      read: async (_, path, format) => {
        const to = "/run/slots";
        await this.vm.exec(["qemu-img", ...copyOfSlots({ path, format, slots: SLOTS, to })]);
        return countOf(await this.vm.execBytes(["cat", to]), SLOTS);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vm[Symbol.asyncDispose]();
    await run("ip", ["route", "del", ...route]);
  }
}

/** The node daemon in the VM. */
class VmDaemon implements HostDaemon {
  readonly #vm: StorageVm;
  readonly #joinToken: () => Promise<string>;
  #process: Socket | undefined;
  #log = "";

  constructor(vm: StorageVm, joinToken: () => Promise<string>) {
    this.#vm = vm;
    this.#joinToken = joinToken;
  }

  async start(): Promise<void> {
    // It is gone once the host has joined.
    const token = await this.#joinToken().catch(() => "");
    if (token) await this.#vm.writeFile("/run/join-token", token.trim());
    const joins = `--control-plane ${CONTROL_PLANE} --register --join-token-file /run/join-token`;
    const environment = `NODE_COMPILE_CACHE=${FOLDER}/cache`;
    const command = `exec env ${environment} node ${FOLDER}/node.mjs ${joins} 2>&1`;
    this.#process = await this.#vm.pipe(["sh", "-c", command]);
    this.#process.on("error", () => {});
    this.#process.on("data", (said: Buffer) => (this.#log += said.toString()));
  }

  /** The agent kills what a connection that is closed has started. */
  async kill(): Promise<void> {
    this.#process?.destroy();
    this.#process = undefined;
    const gone = async () => (await this.#vm.outcome(["pgrep", "-f", `${FOLDER}/node.mj[s]`])).code !== 0;
    await until("the node daemon is gone", gone);
  }

  async stop(): Promise<void> {
    if (!this.#process || this.#process.destroyed) return;
    const ended = once(this.#process, "close");
    await this.#vm.outcome(["pkill", "-TERM", "-f", `${FOLDER}/node.mj[s]`]);
    await ended;
    this.#process = undefined;
  }

  async log(): Promise<string> {
    return this.#log;
  }
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
