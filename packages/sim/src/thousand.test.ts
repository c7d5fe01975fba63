import { expect, test } from "vitest";
import { VMService, VmStatus_PowerState as State } from "@limiquantix/api";
import { tasks, vms as vmTable } from "@limiquantix/control";
import { createCluster } from "./cluster.ts";
import { leftovers } from "./testing/leftovers.ts";

const VMS = 1000;

test("a thousand creates in flight, each sent again under its key, make a thousand VMs and fill no host beyond its size", async () => {
  await using cluster = await createCluster({ nodes: 4, hostSize: { cpuCores: 128, memoryMib: 300 * 1024 } });
  const client = cluster.client(VMService);
  const create = (index: number) =>
    client.createVM({
      name: `vm-${index}`,
      idempotencyKey: `key-${index}`,
      startOnCreate: true,
      spec: { cpu: { cores: 1 }, memory: { sizeMib: 1024n }, disks: [{ sizeGib: 1n }], nics: [{}] },
    });
  const orders = Array.from({ length: VMS }, (_, index) => [index, index]).flat();
  const answers = await Promise.all(orders.map(create));
  expect(new Set(answers.map(({ vm }) => vm?.id)).size).toBe(VMS);
  await cluster.settle();

  const all = [...cluster.control.db.all(vmTable)];
  expect(all).toHaveLength(VMS);
  expect(all.filter((vm) => vm.status?.state !== State.RUNNING)).toEqual([]);
  expect(cluster.control.db.by(tasks, "open", "yes")).toEqual([]);
  expect(leftovers(cluster)).toEqual([]);
  let guests = 0;
  for (const { host } of cluster.hosts) {
    const running = [...host.domains.values()].flatMap(({ live }) => live?.spec ?? []);
    const memoryMib = running.reduce((sum, spec) => sum + Number(spec.memory?.sizeMib), 0);
    expect(memoryMib).toBeLessThanOrEqual(host.size.memoryMib);
    guests += running.length;
  }
  expect(guests).toBe(VMS);
}, 400_000);
