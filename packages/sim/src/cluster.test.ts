import type { MessageInitShape } from "@bufbuild/protobuf";
import { createClient, type Client } from "@connectrpc/connect";
import {
  fromConnectError,
  Node_Phase,
  NodeService,
  Reason,
  Task_State,
  TaskService,
  VMService,
  VmStatus_PowerState as State,
  type CreateVMRequestSchema,
  type VMTaskResponse,
} from "@limiquantix/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCluster, type Cluster } from "./cluster.ts";
import { leftovers } from "./testing/leftovers.ts";

let cluster: Cluster;
let vms: Client<typeof VMService>;
let tasks: Client<typeof TaskService>;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 3 });
  vms = cluster.client(VMService);
  tasks = cluster.client(TaskService);
});

afterEach(() => cluster.stop());

test("the hosts of a new cluster are ready", async () => {
  const { nodes } = await cluster.client(NodeService).listNodes({});
  expect(nodes.map((node) => [node.hostname, node.status?.phase])).toEqual([
    ["host-1", Node_Phase.READY],
    ["host-2", Node_Phase.READY],
    ["host-3", Node_Phase.READY],
  ]);
});

test("a VM is created, runs, has an address, is stopped, started, and deleted without a trace", async () => {
  const id = idOf(await create("web-1"));
  await cluster.settle();
  const vm = await vms.getVM({ id });
  expect(vm.status).toMatchObject({ state: State.RUNNING });
  expect(vm.status?.ipAddresses).toHaveLength(1);
  await done(vms.stopVM({ id }));
  expect((await vms.getVM({ id })).status?.state).toBe(State.STOPPED);
  await done(vms.startVM({ id }));
  expect((await vms.getVM({ id })).status?.state).toBe(State.RUNNING);
  await done(vms.deleteVM({ id, force: true, keepFor: {} }));
  expect((await failure(vms.getVM({ id }))).reason).toBe(Reason.NOT_FOUND);
  expect(leftovers(cluster)).toEqual([]);
});

test("a stubborn guest fails the stop and runs on; force cuts it", async () => {
  for (const host of cluster.hosts) host.guests({ stubborn: true });
  const id = idOf(await create("web-1"));
  await cluster.settle();
  const { task } = await vms.stopVM({ id, timeoutSec: 30 });
  await cluster.settle();
  const failed = await tasks.getTask({ id: task?.id ?? "" });
  expect(failed.state).toBe(Task_State.FAILED);
  expect(failed.error?.reason).toBe(Reason.GUEST_DID_NOT_STOP);
  expect((await vms.getVM({ id })).status?.state).toBe(State.RUNNING);
  await done(vms.stopVM({ id, force: true }));
  expect((await vms.getVM({ id })).status?.state).toBe(State.STOPPED);
});

test("a full disk fails the task with the reason and leaves nothing on the host", async () => {
  for (const host of cluster.hosts) host.fillDisk(true);
  const { task } = await create("web-1");
  await cluster.settle();
  const failed = await tasks.getTask({ id: task?.id ?? "" });
  expect(failed).toMatchObject({ state: Task_State.FAILED });
  expect(failed.error?.reason).toBe(Reason.POOL_FULL);
  for (const { host } of cluster.hosts)
    expect([host.volumes.size, host.domains.size, host.seeds.size]).toEqual([0, 0, 0]);
});

test("a guest that shuts itself down is off and stays so", async () => {
  const id = idOf(await create("web-1"));
  await cluster.settle();
  for (const { host } of cluster.hosts) host.domains.get(id)?.live?.guest.askToStop();
  await cluster.settle();
  expect((await vms.getVM({ id })).status?.state).toBe(State.STOPPED);
});

test("while a host cannot be reached its guests run on, and it comes back by itself", async () => {
  const id = idOf(await create("web-1"));
  await cluster.settle();
  const { nodeId } = (await vms.getVM({ id })).status ?? {};
  const host = cluster.hosts.find((it) => it.nodeId === nodeId);
  host?.cutNetwork();
  await cluster.until(async () => (await phaseOf(host?.name ?? "")) !== Node_Phase.READY);
  expect(host?.host.domains.get(id)?.power).toBe(State.RUNNING);
  host?.healNetwork();
  await cluster.settle();
  await cluster.until(async () => (await phaseOf(host?.name ?? "")) === Node_Phase.READY);
  expect((await vms.getVM({ id })).status?.state).toBe(State.RUNNING);
});

test("after a power failure the VMs that start with their host run again, the others are off", async () => {
  const [kept, left] = [await create("kept"), await create("left")];
  await cluster.settle();
  await done(vms.updateVM({ id: idOf(kept), spec: { autoStart: true }, updateMask: { paths: ["spec.auto_start"] } }));
  for (const host of cluster.hosts) host.powerOff();
  await cluster.until(async () => (await phaseOf("host-1")) !== Node_Phase.READY);
  for (const host of cluster.hosts) await host.powerOn();
  await cluster.settle();
  expect((await vms.getVM({ id: idOf(kept) })).status?.state).toBe(State.RUNNING);
  expect((await vms.getVM({ id: idOf(left) })).status?.state).toBe(State.STOPPED);
});

test("libvirt may go and come while a VM runs: it is not touched", async () => {
  const id = idOf(await create("web-1"));
  await cluster.settle();
  const before = cluster.hosts.map(({ host }) => host.domains.get(id)?.live?.guest);
  for (const host of cluster.hosts) host.restartLibvirt();
  await cluster.settle();
  expect(cluster.hosts.map(({ host }) => host.domains.get(id)?.live?.guest)).toEqual(before);
  expect((await vms.getVM({ id })).status?.state).toBe(State.RUNNING);
});

test("parallel creates never promise more than a host holds", async () => {
  await cluster.stop();
  cluster = await createCluster({ nodes: 2, hostSize: { cpuCores: 8, memoryMib: 8192 } });
  vms = cluster.client(VMService);
  const answers = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => create(`vm-${index}`)));
  await cluster.settle();
  const refused = answers.filter((answer) => answer.status === "rejected");
  expect(refused.length).toBeGreaterThan(0);
  for (const { reason } of refused) expect(fromConnectError(reason).reason).toBe(Reason.NO_HOST_FITS);
  const { vms: all } = await vms.listVMs({ pageSize: 100 });
  expect(all).toHaveLength(40 - refused.length);
  expect(all.every((vm) => vm.status?.state === State.RUNNING)).toBe(true);
});

test("no two guests have the same address, on whichever hosts they are", async () => {
  for (let index = 0; index < 6; index++) await create(`vm-${index}`);
  await cluster.settle();
  const { vms: all } = await vms.listVMs({ pageSize: 100 });
  expect(new Set(all.map((vm) => vm.status?.nodeId)).size).toBeGreaterThan(1);
  expect(new Set(all.flatMap((vm) => vm.status?.ipAddresses ?? [])).size).toBe(6);
});

function create(name: string, more: Partial<CreateRequest> = {}): Promise<VMTaskResponse> {
  return vms.createVM({
    name,
    startOnCreate: true,
    spec: { cpu: { cores: 1 }, memory: { sizeMib: 1024n }, disks: [{ sizeGib: 10n }], nics: [{}] },
    ...more,
  });
}

type CreateRequest = Exclude<MessageInitShape<typeof CreateVMRequestSchema>, { $typeName: string }>;

function idOf({ vm }: VMTaskResponse): string {
  return vm?.id ?? "";
}

async function done(call: Promise<VMTaskResponse>): Promise<void> {
  const { task } = await call;
  await cluster.settle();
  const ended = await tasks.getTask({ id: task?.id ?? "" });
  expect(ended, ended.error?.message).toMatchObject({ state: Task_State.SUCCEEDED });
}

async function phaseOf(hostname: string): Promise<Node_Phase | undefined> {
  const client = createClient(NodeService, cluster.control.transport);
  return (await client.getNode({ id: hostname })).status?.phase;
}

async function failure(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    return fromConnectError(error);
  }
  throw new Error("the call did not fail");
}
