import { create } from "@bufbuild/protobuf";
import { NodeSchema, VirtualMachineSchema, VirtualNetworkSchema, VmStatus_PowerState } from "@limiquantix/api";
import { describe, expect, test } from "vitest";
import { layOut, mostNames, type TopologyInput } from "./topology-graph.ts";

const words: TopologyInput["describe"] = {
  network: () => ({ detail: "", tone: "ok" }),
  host: () => ({ detail: "", tone: "ok" }),
  vms: (count, running) => ({ title: `${count} VMs`, detail: `${running} running` }),
};
const networks = ["lan", "dmz"].map((name) => create(VirtualNetworkSchema, { id: name, name }));
const nodes = ["host-1", "host-2"].map((hostname) => create(NodeSchema, { id: hostname, hostname }));
const vm = (i: number, nodeId: string, networkId: string) =>
  create(VirtualMachineSchema, {
    id: `vm-${i}`,
    name: `vm-${i}`,
    spec: { nics: [{ networkId }] },
    status: { nodeId, state: VmStatus_PowerState.RUNNING },
  });
const vms = Array.from({ length: 500 }, (_, i) => vm(i, i % 2 ? "host-1" : "host-2", i < 490 ? "lan" : "dmz"));
const draw = (open: string[]) => layOut({ networks, nodes, vms, open: new Set(open), describe: words });

describe("the picture of networks", () => {
  test("has one box for the VMs of each network, and how many of them run on which host", () => {
    const { boxes, edges } = draw([]);
    expect(boxes.map(({ title }) => title)).toEqual(["dmz", "lan", "10 VMs", "490 VMs", "host-1", "host-2"]);
    expect(edges).toContainEqual({ key: "vms lan host host-1", from: "vms lan", to: "host host-1", count: 245 });
    expect(edges.filter(({ from }) => from.startsWith("network")).map(({ count }) => count)).toEqual([10, 490]);
  });

  test("opens a network into its VMs on each host, by name, and stays small", () => {
    const { boxes, height } = draw(["lan"]);
    const opened = boxes.filter(({ kind, id }) => kind === "vms" && id === "lan");
    expect(opened.map(({ title }) => title)).toEqual(["245 VMs", "245 VMs"]);
    expect(opened[0]?.names).toHaveLength(mostNames);
    expect(opened[0]?.rest).toBe(245 - mostNames);
    expect(height).toBeLessThan(800);
  });

  test("lets no two boxes of a column overlap", () => {
    const { boxes } = draw(["lan", "dmz"]);
    for (const x of new Set(boxes.map((box) => box.x))) {
      const column = boxes.filter((box) => box.x === x).toSorted((a, b) => a.y - b.y);
      column
        .slice(1)
        .forEach((box, i) => expect(box.y).toBeGreaterThan((column[i]?.y ?? 0) + (column[i]?.height ?? 0)));
    }
  });

  test("has a VM that is on no host with its network alone", () => {
    const { boxes, edges } = layOut({
      networks,
      nodes,
      vms: [vm(1, "", "lan")],
      open: new Set(["lan"]),
      describe: words,
    });
    expect(boxes.filter(({ kind }) => kind === "vms")).toHaveLength(1);
    expect(edges).toHaveLength(1);
  });
});
