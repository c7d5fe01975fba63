import type { Client } from "@connectrpc/connect";
import { Task_State as State, TaskService, VMService } from "@limiquantix/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCluster, type Cluster } from "./cluster.ts";
import { leftovers } from "./testing/leftovers.ts";

let cluster: Cluster;
let vms: Client<typeof VMService>;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 1 });
  vms = cluster.client(VMService);
});

afterEach(async () => {
  expect(leftovers(cluster)).toEqual([]);
  await cluster.stop();
});

test("PurgeVM's task ends when the last of the VM's volumes is gone, and outlives the control plane", async () => {
  const id = await recycled("web-1", 2);
  expect((await vms.purgeVM({ id, dryRun: true })).task).toBeUndefined();
  cluster.host(0).killDaemon();
  await cluster.clock.advance(30_000);
  const { task } = await vms.purgeVM({ id });
  expect(task).toMatchObject({ kind: "vm.purge", target: { id, name: "web-1" }, createdBy: "dev" });
  const now = () => cluster.client(TaskService).getTask({ id: task?.id ?? "" });
  await cluster.clock.advance(60_000);
  expect([State.QUEUED, State.RUNNING]).toContain((await now()).state);
  cluster.control.kill();
  await cluster.control.start();
  await cluster.host(0).startDaemon();
  await cluster.settle();
  expect(await now()).toMatchObject({ state: State.SUCCEEDED, percent: 100 });
  expect([...cluster.host(0).host.volumes.keys()]).toEqual([]);
});

async function recycled(name: string, disks: number): Promise<string> {
  const spec = { disks: Array.from({ length: disks }, () => ({ sizeGib: 1n })) };
  const { vm } = await vms.createVM({ name, spec });
  await cluster.settle();
  const id = vm?.id ?? "";
  await vms.deleteVM({ id, force: true, keepFor: { seconds: 3600n } });
  await cluster.settle();
  return id;
}
