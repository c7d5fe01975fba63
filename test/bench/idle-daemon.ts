import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { NodeService, VMService, VmStatus_PowerState } from "@limiquantix/api";
import { Daemon, Stack, until } from "../host/stack.ts";
import type { Bench, Figure, Size } from "./figure.ts";
import { processCost } from "./process-cost.ts";

const aim = "≤ 150 MiB, ≤ 5 %";
const measuredMs = { full: 20_000, tiny: 200 };
/** After the last change: what a start leaves behind is not what the daemon costs from day to day. */
const settleMs = { full: 10_000, tiny: 0 };

/** The node daemon's memory and CPU with VMs that run on its simulated hypervisor, through the real programs. */
export const idleDaemonSim: Bench = {
  name: "idle-daemon-sim",
  needsLibvirt: false,
  async run(size) {
    const count = size === "tiny" ? 3 : 100;
    const directory = await mkdtemp(join(tmpdir(), "lqx-bench-"));
    const dev = ["--dev", "--listen", "127.0.0.1:0"];
    const controlPlane = new Daemon("limiquantix-controlplane", dev, join(directory, "controlplane.log"));
    let node: Daemon | undefined;
    try {
      await controlPlane.start();
      const url = await addressIn(controlPlane);
      node = new Daemon(
        "limiquantix-node",
        [...dev, "--control-plane", url, "--register"],
        join(directory, "node.log"),
      );
      await node.start();
      const transport = createConnectTransport({ httpVersion: "1.1", baseUrl: url });
      const clients = { vms: createClient(VMService, transport), nodes: createClient(NodeService, transport) };
      await startVms(clients, count);
      return await figures(node, `${count} simulated VMs`, size);
    } finally {
      await node?.stop();
      await controlPlane.stop();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** The same with guests of 64 MiB on libvirt. They are paused: what emulation costs is not the daemon's. */
export const idleDaemonLibvirt: Bench = {
  name: "idle-daemon-libvirt",
  needsLibvirt: true,
  async run(size) {
    const count = size === "tiny" ? 1 : 10;
    await using stack = await Stack.start();
    const vms = stack.client(VMService);
    await startVms({ vms, nodes: stack.client(NodeService) }, count);
    for (const { id } of (await vms.listVMs({})).vms) await vms.pauseVM({ id });
    await allIn(vms, VmStatus_PowerState.PAUSED, count);
    if (!(stack.node instanceof Daemon)) throw new Error("the daemon is not on this machine");
    return await figures(stack.node, `${count} VMs on libvirt`, size);
  },
};

async function figures(node: Daemon, what: string, size: Size): Promise<Figure[]> {
  await new Promise((resolve) => setTimeout(resolve, settleMs[size]));
  const cost = await processCost(node.pid, measuredMs[size]);
  return [
    { name: `node daemon's RSS, ${what}`, unit: "MiB", ours: cost.rssMib, aim },
    { name: `node daemon's PSS, ${what}`, unit: "MiB", ours: cost.pssMib },
    { name: `node daemon's CPU, ${what}`, unit: "% of a core", ours: cost.cpuPercent, aim },
  ];
}

type Vms = ReturnType<typeof createClient<typeof VMService>>;
type Nodes = ReturnType<typeof createClient<typeof NodeService>>;

/** Makes and starts `count` VMs of one core and 64 MiB, on a host that is told to hold as many. */
async function startVms({ vms, nodes }: { vms: Vms; nodes: Nodes }, count: number): Promise<void> {
  await until("the host is READY", async () => (await nodes.listNodes({ phases: [2] })).nodes.length === 1);
  const [host] = (await nodes.listNodes({})).nodes;
  await nodes.updateNode({
    id: host?.id ?? "",
    scheduling: { overcommit: { cpuRatio: 64 } },
    updateMask: { paths: ["scheduling.overcommit"] },
  });
  for (let i = 0; i < count; i++) {
    const spec = { cpu: { cores: 1 }, memory: { sizeMib: 64n }, disks: [{ sizeGib: 1n }], nics: [{}] };
    await vms.createVM({ name: `idle-${i}`, spec, startOnCreate: true });
  }
  await allIn(vms, VmStatus_PowerState.RUNNING, count);
}

async function allIn(vms: Vms, state: VmStatus_PowerState, count: number): Promise<void> {
  const what = `${count} VMs are ${VmStatus_PowerState[state]}`;
  await until(what, async () => (await vms.listVMs({ states: [state], pageSize: 1 })).totalCount === count, 120_000);
}

async function addressIn(controlPlane: Daemon): Promise<string> {
  let url = "";
  await until("the control plane listens", async () => {
    url = /listening on (http:\S+)/.exec(await controlPlane.log())?.[1] ?? "";
    return url !== "";
  });
  return url;
}
