import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import {
  fromConnectError,
  NodeService,
  ProjectService,
  Reason,
  Task_State,
  TaskService,
  VMService,
  VmStatus_PowerState as State,
  VmStatus_StopReason as StopReason,
  type CloneVMRequestSchema,
  type VirtualMachine,
} from "@limiquantix/api";
import { vms as vmTable } from "@limiquantix/control";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCluster, type Cluster } from "./cluster.ts";
import { startDomain } from "./host/start-domain.ts";
import { leftovers } from "./testing/leftovers.ts";

let cluster: Cluster;
let vms: Client<typeof VMService>;
let tasks: Client<typeof TaskService>;
let source: VirtualMachine;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 2 });
  vms = cluster.client(VMService);
  tasks = cluster.client(TaskService);
  const sshKeys = [`ssh-ed25519 AAAAC3NzaC1lZDI1NTE5${btoa("\0\0\0 " + "k".repeat(32))} ada`];
  const { vm } = await vms.createVM({
    name: "web-1",
    labels: { app: "web" },
    spec: {
      cpu: { cores: 2 },
      disks: [{ sizeGib: 1n }, { sizeGib: 2n }],
      nics: [{}, {}],
      provisioning: { cloudInit: { username: "ada", hostname: "first", sshKeys, password: "correct horse" } },
    },
  });
  await cluster.settle();
  source = await vms.getVM({ id: vm?.id ?? "" });
});

afterEach(() => cluster.stop());

test("a clone has the hardware and what is on the disks, and everything of its own that may be there only once", async () => {
  const answer = await clone({ startOnCreate: true });
  expect(answer.warnings).toEqual([]);
  await cluster.settle();
  const vm = await vms.getVM({ id: answer.vm?.id ?? "" });
  expect(vm).toMatchObject({ name: "web-2", clonedFrom: source.id, labels: { app: "web" } });
  expect(vm.status).toMatchObject({ state: State.RUNNING, nodeId: source.status?.nodeId });
  expect(vm.spec?.cpu).toEqual(source.spec?.cpu);
  expect(vm.spec?.disks.map(({ sizeGib, sourceVolumeId }) => [sizeGib, sourceVolumeId])).toEqual([
    [1n, ""],
    [2n, ""],
  ]);
  const own = ({ spec }: VirtualMachine) => [
    ...(spec?.disks ?? []).flatMap(({ id, volumeId }) => [id, volumeId]),
    ...(spec?.nics ?? []).flatMap(({ id, macAddress }) => [id, macAddress]),
  ];
  expect(own(vm).filter((id) => own(source).includes(id))).toEqual([]);
  expect(contents(vm)).toEqual(contents(source));
  const seed = host().seeds.get(vm.id);
  expect(seed?.get("meta-data")).toContain(`instance-id: ${vm.id}`);
  expect(seed?.get("meta-data")).toContain("local-hostname: web-2");
  expect(seed?.get("user-data")).toContain("ssh-ed25519");
  // Whoever knew the password of the source gets in still: it is on the disk.
  expect(seed?.get("user-data")).toContain("lock_passwd: false");
  expect(seed?.get("user-data")).not.toContain("$6$");
  expect(await taskOf(answer)).toMatchObject({ kind: "vm.clone", state: Task_State.SUCCEEDED });

  await vms.deleteVM({ id: source.id, keepFor: {} });
  await cluster.settle();
  expect(leftovers(cluster)).toEqual([]);
  await vms.stopVM({ id: vm.id, force: true });
  await cluster.settle();
  await vms.startVM({ id: vm.id });
  await cluster.settle();
  expect((await vms.getVM({ id: vm.id })).status?.state).toBe(State.RUNNING);
});

test("while its disks are copied the source stays as it is; a second clone may be made meanwhile", async () => {
  const first = await clone({});
  await cluster.until(() => host().copies.size > 0);
  for (const refused of [
    vms.startVM({ id: source.id }),
    vms.deleteVM({ id: source.id, force: true }),
    vms.resizeDisk({ vmId: source.id, diskId: source.spec?.disks[0]?.id ?? "", newSizeGib: 9n }),
  ]) {
    const { reason, message } = await failure(refused);
    expect([reason, message]).toEqual([Reason.IN_USE, "VM web-1 is in use: VM web-2 is being cloned from it"]);
  }
  const second = await clone({ name: "web-3" });
  await cluster.settle();
  for (const answer of [first, second]) expect((await taskOf(answer)).state).toBe(Task_State.SUCCEEDED);
  await vms.startVM({ id: source.id });
  await cluster.settle();
  expect((await vms.getVM({ id: source.id })).status?.state).toBe(State.RUNNING);
});

test("what cannot be cloned is refused with the reason", async () => {
  await vms.startVM({ id: source.id });
  const changing = await failure(clone({}));
  expect(changing.reason).toBe(Reason.VM_WRONG_STATE);
  await cluster.settle();
  await vms.stopVM({ id: source.id, force: true });
  await cluster.settle();
  expect((await failure(clone({ name: "web-1" }))).reason).toBe(Reason.NAME_TAKEN);
  await cluster.client(NodeService).disableNode({ id: source.status?.nodeId ?? "" });
  expect((await failure(clone({}))).reason).toBe(Reason.NO_HOST_FITS);
});

test("a dry run changes nothing, a repeat answers the same clone, and the quota of the project counts it", async () => {
  const projects = cluster.client(ProjectService);
  const project = await projects.createProject({ name: "lab", quota: { vms: 1 } });
  const dry = await clone({ projectId: project.id, dryRun: true });
  expect([dry.vm?.projectId, dry.task]).toEqual([project.id, undefined]);
  expect((await vms.listVMs({})).vms).toHaveLength(1);
  const request = { projectId: "lab", idempotencyKey: "once", description: "a copy" };
  const [one, two] = [await clone(request), await clone(request)];
  expect(two.vm?.id).toBe(one.vm?.id);
  expect(one.vm).toMatchObject({ projectId: project.id, description: "a copy" });
  expect((await failure(clone({ name: "web-3", projectId: project.id }))).reason).toBe(Reason.QUOTA_EXCEEDED);
  await cluster.settle();
});

test("a clone that is called off goes without a trace, and the source is free again", async () => {
  host().copyMs = 60_000;
  const { task, vm } = await clone({});
  await cluster.until(() => host().copies.size > 0);
  await tasks.cancelTask({ id: task?.id ?? "" });
  await cluster.settle();
  expect((await tasks.getTask({ id: task?.id ?? "" })).state).toBe(Task_State.CANCELLED);
  expect((await failure(vms.getVM({ id: vm?.id ?? "" }))).reason).toBe(Reason.NOT_FOUND);
  expect([leftovers(cluster), host().copies.size]).toEqual([[], 0]);
  await vms.startVM({ id: source.id });
  await cluster.settle();
});

test("a clone that failed is made anew by a start, from a source that is off", async () => {
  host().faults.diskFull = true;
  const answer = await clone({});
  const id = answer.vm?.id ?? "";
  await cluster.settle();
  expect((await taskOf(answer)).error?.reason).toBe(Reason.POOL_FULL);
  expect((await vms.getVM({ id })).status?.state).toBe(State.ERROR);
  expect(host().volumes.size).toBe(2);
  host().faults.diskFull = false;
  // The failed clone does not hold its source.
  await vms.startVM({ id: source.id });
  await cluster.settle();
  expect((await failure(vms.startVM({ id }))).message).toContain("web-1 is RUNNING");
  await vms.stopVM({ id: source.id, force: true });
  await cluster.settle();
  await vms.startVM({ id });
  await cluster.settle();
  const vm = await vms.getVM({ id });
  expect(vm.status?.state).toBe(State.RUNNING);
  expect(contents(vm)).toEqual(contents(source));
});

test("a source that somebody starts behind our back fails the clone, which leaves nothing", async () => {
  host().copyMs = 60_000;
  const answer = await clone({});
  await cluster.until(() => host().copies.size > 0);
  const domain = host().domains.get(source.id);
  if (domain) startDomain(host(), domain, { ignoringLocks: true });
  await cluster.until(async () => (await taskOf(answer)).state === Task_State.FAILED);
  if (domain) host().powerOff(domain, StopReason.POWERED_OFF);
  expect((await taskOf(answer)).error?.reason).toBe(Reason.IN_USE);
  expect(host().volumes.size).toBe(2);
});

function clone(request: MessageInitShape<typeof CloneVMRequestSchema>) {
  return vms.cloneVM({ sourceVmId: source.id, name: "web-2", ...request });
}

async function taskOf({ task }: { task?: { id: string } }) {
  return tasks.getTask({ id: task?.id ?? "" });
}

/** The simulated host that the source is on. */
function host() {
  const found = cluster.hosts.find(({ nodeId }) => nodeId === source.status?.nodeId);
  if (!found) throw new Error("the source is on no host");
  return found.host;
}

function contents({ id }: VirtualMachine): (string | undefined)[] {
  const row = cluster.control.db.find(vmTable, id);
  return (row?.spec?.disks ?? []).map(({ volumeId }) => host().volumes.get(volumeId)?.content);
}

async function failure(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    return fromConnectError(error);
  }
  throw new Error("it was not refused");
}
