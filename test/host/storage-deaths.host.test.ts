import { StoragePoolService, StoragePoolStatus_Phase as Phase, VmStatus_PowerState as State } from "@limiquantix/api";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CountingVms } from "./counting-vms.ts";
import { type LabCeph, stackWithCeph } from "./lab-ceph.ts";
import { type Stack, until } from "./stack.ts";

/** Deaths of our programs and of storage under guests that write all the time: nothing is lost, and all goes on by itself. */
let stack: Stack;
let ceph: LabCeph;
let vms: CountingVms;

interface Volume {
  id: string;
  status: { phase: string; attachedVmId?: string };
}

const lqx = (...args: string[]) => stack.lqx([...args, "--wait"]);
const volumesIn = (pool: string) => stack.json<Volume[]>("volume", "list", "--pool", pool);

async function phaseOf(pool: string): Promise<Phase | undefined> {
  const { pools } = await stack.client(StoragePoolService).listPools({});
  return pools.find(({ name }) => name === pool)?.status?.phase;
}

async function daemonDies(): Promise<void> {
  await stack.node.kill();
  await stack.node.start();
}

beforeAll(async () => {
  ({ stack, ceph } = await stackWithCeph());
  vms = await CountingVms.make(stack, (source) => ceph.imageName(source));
  await lqx("pool", "add", "local", "dir", "--path", join(stack.directory, "dir"), "--all-nodes");
  await ceph.add(stack, "ceph");
  await vms.create("on-dir", "dir");
  await vms.create("on-ceph", "ceph");
});

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await vms?.[Symbol.asyncDispose]();
  await ceph?.[Symbol.asyncDispose]();
});

test.each([50, 400, 1200])("the daemon dies %i ms into the deletion of a snapshot under a guest", async (ms) => {
  const from = await vms.whole("on-dir");
  await lqx("snapshot", "create", "on-dir", `at-${ms}`);
  await vms.goesOn("on-dir");
  await stack.lqx(["snapshot", "delete", "on-dir", `at-${ms}`, "--yes"]);
  await sleep(ms);
  await daemonDies();
  const left = () => stack.json<{ snapshots?: unknown[] }>("snapshot", "list", "on-dir");
  await until("the snapshot is gone", async () => ((await left()).snapshots ?? []).length === 0);
  expect(await vms.goesOn("on-dir")).toBeGreaterThan(from);
  await until("one layer is left", async () => {
    const files = await readdir(join(stack.directory, "dir/volumes"));
    return files.filter((name) => name.endsWith(".qcow2")).length === 1;
  });
});

test.each([
  [100, "on-dir", "dir", "ceph"],
  [700, "on-dir", "ceph", "dir"],
  [1500, "on-ceph", "ceph", "local"],
  [400, "on-ceph", "local", "ceph"],
])("the daemon dies %i ms into a move of %s from %s to %s", async (ms, vm, from, to) => {
  const before = await vms.whole(vm);
  const { id } = await vms.find(vm);
  const volume = (await volumesIn(from)).find(({ status }) => status.attachedVmId === id);
  await stack.lqx(["volume", "move", volume!.id, to]);
  await sleep(ms);
  await daemonDies();
  await until(`it is in ${to}`, async () => {
    const moved = (await volumesIn(to)).find((it) => it.id === volume!.id);
    return moved?.status.phase === "ATTACHED";
  });
  expect(await vms.goesOn(vm)).toBeGreaterThan(before);
  expect(await stack.json("pool", "files", from, "--orphans")).toEqual([]);
});

test("storage that dies holds its guest up, is told, and both go on by themselves", async () => {
  const before = await vms.goesOn("on-ceph");
  await ceph.storage("stop");
  try {
    await until("the pool is away", async () => (await phaseOf("ceph")) === Phase.ERROR, 90_000);
    expect(await phaseOf("dir")).toBe(Phase.READY);
    await vms.goesOn("on-dir");
  } finally {
    await ceph.storage("start");
  }
  await until("the pool is back", async () => (await phaseOf("ceph")) === Phase.READY, 90_000);
  await vms.untilState("on-ceph", State.RUNNING);
  expect(await vms.goesOn("on-ceph")).toBeGreaterThan(before);
});

test("a new control plane and a new daemon know the pools, and open them", async () => {
  await Promise.all([stack.controlPlane.kill(), stack.node.kill()]);
  await stack.controlPlane.start();
  await stack.node.start();
  for (const pool of ["dir", "ceph"]) await until(`${pool} is open`, async () => (await phaseOf(pool)) === Phase.READY);
  await lqx("volume", "create", "after", "--size", "1GiB", "--pool", "ceph");
  await lqx("volume", "delete", "after", "--yes", "--now");
  for (const vm of ["on-dir", "on-ceph"]) await vms.goesOn(vm);
});
