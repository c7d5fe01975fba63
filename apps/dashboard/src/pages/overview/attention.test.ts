import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  Node_Phase,
  NodeSchema,
  StoragePoolSchema,
  Task_State,
  TaskSchema,
  VirtualMachineSchema,
  VmStatus_PowerState,
} from "@limiquantix/api";
import { expect, test } from "vitest";
import { attentionOf, type Inventory } from "./attention.ts";

const now = 1_000_000_000_000;
const nothing: Inventory = { nodes: [], vms: [], pools: [], tasks: [], certificates: [] };
const node = (id: string, phase: Node_Phase) => create(NodeSchema, { id, hostname: `host-${id}`, status: { phase } });
const vm = (id: string, state: VmStatus_PowerState) =>
  create(VirtualMachineSchema, { id, name: `vm-${id}`, status: { state, errorMessage: "no disk" } });
const task = (id: string, finishedMs: number, state = Task_State.FAILED) =>
  create(TaskSchema, { id, kind: "vm.start", state, finishedAt: timestampFromMs(finishedMs), target: { name: "web" } });

test("what is well needs none", () => {
  const nodes = [node("1", Node_Phase.READY), node("2", Node_Phase.MAINTENANCE)];
  const vms = [vm("1", VmStatus_PowerState.RUNNING), vm("2", VmStatus_PowerState.STOPPED)];
  const tasks = [task("1", now - 1000, Task_State.SUCCEEDED), task("2", now - 2 * 86_400_000)];
  expect(attentionOf({ ...nothing, nodes, vms, tasks }, now)).toEqual([]);
});

test("hosts, VMs, full pools and failed tasks, with the reason and the way to them; the worst first", () => {
  const pool = create(StoragePoolSchema, {
    id: "p",
    name: "local",
    spec: { assignedNodeIds: ["1"] },
    status: { capacity: { totalBytes: 100n, usedBytes: 90n, availableBytes: 10n } },
  });
  const found = attentionOf(
    {
      nodes: [node("1", Node_Phase.NOT_READY)],
      vms: [vm("1", VmStatus_PowerState.ERROR)],
      pools: [pool],
      tasks: [task("t", now - 1000)],
      certificates: [],
    },
    now,
  );
  expect(found.map(({ tone, title, to }) => [tone, title, to])).toEqual([
    ["bad", "host-1", "/nodes/1"],
    ["bad", "vm-1", "/vms/1"],
    ["warn", "local on host-1", "/pools/p"],
    ["warn", "Start VM web", "/tasks?state=failed"],
  ]);
  expect(found[1]?.detail).toContain("no disk");
});

test("many of a kind are one line", () => {
  const vms = Array.from({ length: 30 }, (_, i) => vm(String(i), VmStatus_PowerState.LOST));
  const found = attentionOf({ ...nothing, vms }, now);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ to: "/vms?state=LOST", detail: "vm-0, vm-1, vm-2, …" });
  expect(found[0]?.title).toContain("30");
});
