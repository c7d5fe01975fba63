import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../lib/free-port.ts";
import { run, waitFor } from "../lib/process.ts";

/**
 * Starts a VM, prints `{"port":…}` of its agent (apps/image-builder/assets/storage/root/opt/agent) when that answers, and
 * kills the VM when its standard input ends. `--host`: it is a host of a control plane here. The first run builds the image and boots it; others resume what that one saved.
 */
const here = import.meta.dirname;
const SAVED = "ready";
/** Under emulation, and others work on this machine too. */
const BOOT_MS = 300_000;
const RESUME_MS = 60_000;
/** libvirt asks QEMU what it can, once: that takes half a minute there. */
const WARM_UP =
  "systemctl start virtlogd libvirtd; virsh domcapabilities >/run/warm; systemctl stop libvirtd.service 'libvirtd*.socket' virtlogd.service";
const WARM_UP_MS = 240_000;
/** Its own, which a control plane calls it by too. */
const ADDRESS = "10.0.2.15";
const NODE_PORT = 9090;

async function main(): Promise<void> {
  const builder = join(here, "../../apps/image-builder/src/main.ts");
  const image = (await run(process.execPath, [builder, "storage"])).trim();
  const scratch = await mkdtemp(join(tmpdir(), "lqx-storage-vm-"));
  try {
    const disk = join(scratch, "disk.qcow2");
    await copyFile(await savedDisk(image, scratch), disk);
    const vm = await start({ image, disk, scratch, resume: true, asHost: process.argv.includes("--host") });
    try {
      await vm.agent(RESUME_MS);
      // It went on from when it was saved.
      await ask(vm.port, ["date", "-s", `@${Date.now() / 1000}`]);
      console.log(JSON.stringify({ port: vm.port }));
      process.stdin.resume();
      await Promise.race([once(process.stdin, "close"), once(process.stdin, "end"), once(vm.qemu, "exit")]);
    } finally {
      await vm.kill();
    }
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** The image's disk with the state of a machine that has booted, and libvirt's knowledge of its QEMU. */
async function savedDisk(image: string, scratch: string): Promise<string> {
  const version = await run("qemu-system-x86_64", ["--version"]);
  const recipe = createHash("sha256")
    .update(version + WARM_UP + machine("", "").join(" "))
    .digest("hex");
  const saved = join(image, `${SAVED}-${recipe.slice(0, 16)}.qcow2`);
  if (await isThere(saved)) return saved;
  const disk = join(await mkdtemp(join(image, ".new-")), "disk.qcow2");
  try {
    await run("qemu-img", ["create", "-q", "-f", "qcow2", "-b", join(image, "root.qcow2"), "-F", "qcow2", disk]);
    const vm = await start({ image, disk, scratch, resume: false, asHost: false });
    try {
      await vm.agent(BOOT_MS);
      if (!(await ask(vm.port, ["bash", "-ec", WARM_UP], WARM_UP_MS)))
        throw new Error("libvirt in the storage VM does not run");
      await saveState(join(scratch, "qmp"));
    } finally {
      await vm.kill();
    }
    await rename(disk, saved);
  } finally {
    await rm(join(disk, ".."), { recursive: true });
  }
  return saved;
}

const isThere = (path: string) =>
  run("test", ["-e", path]).then(
    () => true,
    () => false,
  );

/** What the state of the machine depends on. No NVMe: QEMU cannot save its state. */
function machine(image: string, disk: string): string[] {
  const kernelLine =
    "console=ttyS0 root=/dev/vda rw quiet loglevel=3 mitigations=off net.ifnames=0 systemd.unit=storage-vm.target";
  return [
    ..."-machine q35 -accel tcg,thread=multi,tb-size=512 -cpu max -smp 2 -m 2560 -nodefaults -display none".split(" "),
    "-no-reboot",
    "-device",
    "virtio-rng-pci",
    "-device",
    "virtio-net-pci,netdev=net,romfile=",
    "-drive",
    `if=none,id=root,file=${disk},format=qcow2,cache=unsafe,discard=unmap`,
    "-device",
    "virtio-blk-pci,drive=root",
    "-append",
    kernelLine,
    "-kernel",
    join(image, "vmlinuz"),
    "-initrd",
    join(image, "initrd"),
  ];
}

interface Vm {
  qemu: ChildProcess;
  port: number;
  agent(limitMs: number): Promise<void>;
  kill(): Promise<void>;
}

interface Machine {
  image: string;
  disk: string;
  scratch: string;
  resume: boolean;
  asHost: boolean;
}

async function start({ image, disk, scratch, resume, asHost }: Machine): Promise<Vm> {
  const port = await freePort();
  const network = asHost ? `hostfwd=tcp:${ADDRESS}:${NODE_PORT}-${ADDRESS}:${NODE_PORT}` : "restrict=on";
  await mkdir(scratch, { recursive: true });
  const args = [
    ...machine(image, disk),
    "-serial",
    `file:${join(scratch, "console.log")}`,
    "-netdev",
    `user,id=net,${network},hostfwd=tcp:127.0.0.1:${port}-${ADDRESS}:7000`,
    "-qmp",
    `unix:${join(scratch, "qmp")},server=on,wait=off`,
    ...(resume ? ["-loadvm", SAVED] : []),
  ];
  const qemu = spawn("setpriv", ["--pdeathsig", "KILL", "qemu-system-x86_64", ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return {
    qemu,
    port,
    async agent(limitMs) {
      const answers = async () => {
        if (qemu.exitCode !== null) throw new Error("the storage VM ended");
        return ask(port, ["true"]).catch(() => false);
      };
      await waitFor(answers, { timeoutMs: limitMs, intervalMs: 200, what: "the storage VM's agent" });
    },
    async kill() {
      if (qemu.exitCode !== null || qemu.signalCode !== null) return;
      qemu.kill("SIGKILL");
      await once(qemu, "exit");
    },
  };
}

/** Runs a program in the VM; false when it is not up. QEMU takes the connection before the agent is there. */
function ask(port: number, args: string[], limitMs = 5000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let said = "";
    socket.setTimeout(limitMs, () => socket.destroy());
    socket.on("error", () => resolve(false));
    socket.on("data", (part) => (said += part.toString()));
    socket.on("close", () => resolve(said.includes('"code":0')));
    socket.write(`${JSON.stringify({ args, pipe: false, inputBytes: 0 })}\n`);
  });
}

/** `savevm`, which QMP has as a command for people alone. */
async function saveState(path: string): Promise<void> {
  const socket = connect(path);
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const call = async (execute: string, given: object = {}) => {
    socket.write(`${JSON.stringify({ execute, arguments: given })}\n`);
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error("the storage VM ended while it was saved");
      const answer = JSON.parse(value) as { return?: unknown; error?: { desc: string } };
      if (answer.error) throw new Error(`QEMU ${execute}: ${answer.error.desc}`);
      if ("return" in answer) return answer.return;
    }
  };
  await call("qmp_capabilities");
  const said = await call("human-monitor-command", { "command-line": `savevm ${SAVED}` });
  socket.destroy();
  if (said !== "") throw new Error(`savevm: ${JSON.stringify(said)}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
