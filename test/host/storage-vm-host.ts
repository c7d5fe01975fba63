import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { StorageVm } from "../../packages/drivers/src/testing/storage-vm.ts";
import { installBundle } from "../../packages/drivers/src/testing/storage-vm-child.ts";
import { leaseConf, lockdConf, plainHostConf, printConf } from "../../tools/host/libvirt-config.ts";
import { type HostDaemon, root, type Stack, until } from "./stack.ts";

const run = promisify(execFile);
const FOLDER = "/opt/limiquantix";
const UNIT = "limiquantix-node.service";
const DROP_INS = `/etc/systemd/system/${UNIT}.d`;
const [JOIN_TOKEN, LOG] = ["/run/join-token", "/run/limiquantix-node.log"];
/** The VM's own address, and ours as it sees us (QEMU's user network). */
const [ADDRESS, CONTROL_PLANE] = ["10.0.2.15", "https://10.0.2.2:8443"];

const joins = `--control-plane ${CONTROL_PLANE} --register --join-token-file ${JOIN_TOKEN}`;
// Emulated, code that V8 has compiled is slower than what it interprets: it is translated anew whenever it changes.
const unitHere = `[Service]
ExecStart=
ExecStart=/usr/local/bin/node --jitless ${FOLDER}/node.mjs ${joins}
Environment=NODE_COMPILE_CACHE=${FOLDER}/cache
StandardOutput=append:${LOG}
StandardError=append:${LOG}
`;

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
    await this.sh(`mkdir -p ${FOLDER} ${DROP_INS}; ip link set lo up`);
    await vm.writeFile("/etc/libvirt/qemu.conf", printConf({ ...plainHostConf, ...leaseConf }));
    await vm.writeFile("/etc/libvirt/qemu-lockd.conf", printConf(lockdConf));
    await installBundle(vm, join(root, "apps/noded/src/main.ts"), `${FOLDER}/node.mjs`);
    await installBundle(vm, join(root, "packages/drivers/src/remote-backend/main.ts"), `${FOLDER}/backend.mjs`);
    // The name that the daemon starts pools by.
    await vm.writeFile(`${FOLDER}/main.ts`, 'import "./backend.mjs";\n');
    const shipped = (name: string) => readFile(join(root, "packaging/systemd", name));
    await vm.writeFile(`/etc/systemd/system/${UNIT}`, await shipped(UNIT));
    await vm.writeFile(`${DROP_INS}/storage.conf`, await shipped("limiquantix-node-storage.conf"));
    await vm.writeFile(`${DROP_INS}/here.conf`, unitHere);
    await this.sh("systemctl daemon-reload; systemctl start virtlockd virtlogd libvirtd");
  }

  sh(script: string): Promise<string> {
    return this.vm.exec(["bash", "-ec", script]);
  }

  node(stack: Stack): HostDaemon {
    return new VmDaemon(this.vm, () => readFile(join(stack.directory, "control/first-join-token"), "utf8"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vm[Symbol.asyncDispose]();
    await run("ip", ["route", "del", ...route]);
  }
}

/** The node daemon in the VM, under the unit that we ship and its drop-in for storage. */
class VmDaemon implements HostDaemon {
  readonly #vm: StorageVm;
  readonly #joinToken: () => Promise<string>;

  constructor(vm: StorageVm, joinToken: () => Promise<string>) {
    this.#vm = vm;
    this.#joinToken = joinToken;
  }

  async start(): Promise<void> {
    // It is gone once the host has joined.
    const token = await this.#joinToken().catch(() => "");
    if (token) await this.#vm.writeFile(JOIN_TOKEN, token.trim());
    await this.#vm.exec(["systemctl", "start", UNIT]);
  }

  /** Until systemd has started it again. */
  async kill(): Promise<void> {
    const restarts = () => this.#vm.exec(["systemctl", "show", "--property=NRestarts", UNIT]);
    const before = await restarts();
    await this.#vm.exec(["systemctl", "kill", "--signal=KILL", UNIT]);
    await until("systemd starts the node daemon again", async () => (await restarts()) !== before, 120_000);
  }

  async stop(): Promise<void> {
    await this.#vm.exec(["systemctl", "stop", UNIT]);
  }

  async log(): Promise<string> {
    return (await this.#vm.outcome(["cat", LOG])).stdout.toString();
  }
}
