import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createClient } from "@connectrpc/connect";
import { VMService, VmStatus_PowerState, type VirtualMachine } from "@limiquantix/api";
import { buildImage } from "../host/guest.ts";
import { Stack, until } from "../host/stack.ts";
import { libvirtSocket } from "./config.ts";
import { type Bench, quantile } from "./figure.ts";

const run = promisify(execFile);

/**
 * CreateVM with start until the API says RUNNING, from an image that is cached, against `virsh define` and `virsh
 * start` of the very same domain, disks and seed being there already. What lies between is our share: placement, disk,
 * seed, lease, two daemons and the way back.
 */
export const createStart: Bench = {
  name: "create-start",
  needsLibvirt: true,
  async run(size) {
    const image = await buildImage("tiny");
    await using stack = await Stack.start();
    await stack.lqx(["image", "upload", image, "--name", "tiny", "--default-user", "tiny"]);
    const { id: imageId } = await stack.json<{ id: string }>("image", "get", "tiny");
    const vms = stack.client(VMService);
    const twin = await Twin.of(await createStopped(vms, imageId), stack.directory);
    const [ours, bare]: [number[], number[]] = [[], []];
    // The first round warms both up.
    for (let round = 0; round <= (size === "tiny" ? 1 : 9); round++) {
      const times = { ours: await createAndDelete(vms, imageId), bare: await twin.startAndRemove() };
      if (round === 0) continue;
      ours.push(times.ours);
      bare.push(times.bare);
    }
    const medians = { ours: quantile(ours, 0.5), bare: quantile(bare, 0.5) };
    return [
      { name: "create → running, p50", unit: "ms", ...medians, against: "virsh define + start" },
      { name: "our share beyond libvirt", unit: "ms", ours: medians.ours - medians.bare },
    ];
  },
};

type Vms = ReturnType<typeof createClient<typeof VMService>>;

const machine = (imageId: string) => ({
  cpu: { cores: 1 },
  memory: { sizeMib: 64n },
  disks: [{ imageId, sizeGib: 1n }],
  nics: [{}],
  provisioning: { cloudInit: { hostname: "bench" } },
});

async function createStopped(vms: Vms, imageId: string): Promise<VirtualMachine> {
  const { vm } = await vms.createVM({ name: "twin", spec: machine(imageId) });
  await untilState(vms, vm?.id ?? "", VmStatus_PowerState.STOPPED);
  return vm!;
}

/** Milliseconds from the request to the moment in which a watcher of the API sees it run. */
async function createAndDelete(vms: Vms, imageId: string): Promise<number> {
  const start = performance.now();
  const { vm } = await vms.createVM({ name: "bench", spec: machine(imageId), startOnCreate: true });
  const id = vm?.id ?? "";
  await untilState(vms, id, VmStatus_PowerState.RUNNING);
  const took = performance.now() - start;
  await vms.deleteVM({ id, force: true, keepFor: { seconds: 0n } });
  await until("the VM is gone", async () => (await vms.listVMs({ name: "bench" })).vms.length === 0);
  return took;
}

async function untilState(vms: Vms, id: string, state: VmStatus_PowerState): Promise<void> {
  const late = AbortSignal.timeout(60_000);
  for await (const vm of vms.watchVM({ id }, { signal: late })) if (vm.status?.state === state) return;
  throw new Error(`the watch ended before the VM was ${VmStatus_PowerState[state]}`);
}

/** The domain of a VM of ours that is off, under another name and without our mark: to libvirt the same work. */
class Twin {
  readonly #virsh: readonly string[];
  readonly #name: string;
  readonly #file: string;

  private constructor(virsh: readonly string[], name: string, file: string) {
    this.#virsh = virsh;
    this.#name = name;
    this.#file = file;
  }

  static async of(vm: VirtualMachine, directory: string): Promise<Twin> {
    const virsh = ["-c", `qemu+unix:///system?socket=${libvirtSocket()}`];
    const { stdout } = await run("virsh", [...virsh, "dumpxml", "--inactive", vm.id]);
    const xml = stdout
      .replace(/<name>.*<\/name>/, "<name>bench-twin</name>")
      .replace(/<uuid>.*<\/uuid>/, `<uuid>${randomUUID()}</uuid>`)
      .replace(/<metadata>.*<\/metadata>/s, "");
    // The lease's file is there only while a VM of ours runs.
    const lease = /<lease>.*?<lockspace>(.+?)<.*?<key>(.+?)<.*?<target path='([^']+)'/s.exec(xml);
    if (lease) await writeFile(join(lease[3]!, lease[1]!, lease[2]!), "");
    const file = join(directory, "twin.xml");
    await writeFile(file, xml);
    return new Twin(virsh, "bench-twin", file);
  }

  async startAndRemove(): Promise<number> {
    const start = performance.now();
    await run("virsh", [...this.#virsh, "define", this.#file]);
    await run("virsh", [...this.#virsh, "start", this.#name]);
    const took = performance.now() - start;
    await run("virsh", [...this.#virsh, "destroy", this.#name]);
    await run("virsh", [...this.#virsh, "undefine", this.#name]);
    return took;
  }
}
