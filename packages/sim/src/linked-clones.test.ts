import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import {
  CloneVMRequest_CloneType as Type,
  fromConnectError,
  Reason,
  Snapshot_Phase,
  StoragePoolService,
  Task_State,
  TaskService,
  VMService,
  VmStatus_PowerState as State,
  type CloneVMRequestSchema,
} from "@limiquantix/api";
import { snapshots as snapshotTable, vms as vmTable, volumes as volumeTable } from "@limiquantix/control";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCluster, type Cluster } from "./cluster.ts";
import { leftovers } from "./testing/leftovers.ts";

let cluster: Cluster;
let vms: Client<typeof VMService>;
let tasks: Client<typeof TaskService>;
let poolId: string;
let source: string;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 2 });
  vms = cluster.client(VMService);
  tasks = cluster.client(TaskService);
  const { pool } = await cluster.client(StoragePoolService).createPool({
    name: "ceph",
    spec: {
      assignedNodeIds: cluster.hosts.map(({ nodeId }) => nodeId),
      config: { case: "rbd", value: { monitors: ["a:6789"], pool: "rbd" } },
    },
  });
  await cluster.settle();
  poolId = pool?.id ?? "";
  const { vm } = await vms.createVM({
    name: "gold",
    startOnCreate: true,
    nodeId: cluster.host(0).nodeId,
    spec: { cpu: { cores: 1 }, disks: [{ sizeGib: 1n, storagePoolId: poolId }], nics: [{}] },
  });
  source = vm?.id ?? "";
  await cluster.settle();
  write("gold");
});

afterEach(async () => {
  expect(leftovers(cluster)).toEqual([]);
  await cluster.stop();
});

test("a full clone of a VM that runs is what it was at one instant; the snapshot for it goes by itself", async () => {
  cluster.host(0).host.copyMs = 5000;
  const { vm, task } = await clone({ name: "copy" });
  await cluster.until(() => names(source).length === 1);
  const [snapshot] = cluster.control.db.by(snapshotTable, "vm", source);
  expect(snapshot).toMatchObject({ name: "clone copy", takenForVmId: vm?.id, quiesceWanted: true });
  await cluster.until(() => cluster.control.db.find(snapshotTable, snapshot?.id ?? "")?.phase === Snapshot_Phase.READY);
  // The source goes on meanwhile, and may be changed; what is copied may not go.
  write("later");
  expect((await failure(vms.deleteSnapshot({ vmId: source, snapshotId: snapshot?.id ?? "" }))).message).toBe(
    "snapshot clone copy is in use: VM copy needs its blocks",
  );
  expect((await failure(vms.deleteVM({ id: source, force: true }))).message).toContain("clones of it need its disks");
  await vms.resizeDisk({ vmId: source, diskId: diskOf(source).id, newSizeGib: 2n });
  await cluster.settle();
  expect(await tasks.getTask({ id: task?.id ?? "" })).toMatchObject({ state: Task_State.SUCCEEDED });
  expect([content(vm?.id), content(source), names(source)]).toEqual(["0=gold", "0=later", []]);
  expect((await vms.getVM({ id: source })).currentSnapshotId).toBe("");
  await gone(source);
  expect(content(vm?.id)).toBe("0=gold");
});

test("linked clones share a snapshot's blocks, which hold it and its VM until they are gone for good", async () => {
  const { snapshot } = await vms.createSnapshot({ vmId: source, name: "base" });
  await cluster.settle();
  write("later");
  const { vm } = await clone({ name: "linked", cloneType: Type.LINKED, snapshotId: snapshot?.id ?? "" });
  await cluster.settle();
  const id = vm?.id ?? "";
  expect([content(id), content(source)]).toEqual(["0=gold", "0=later"]);
  expect(volumeOf(id)?.linkedTo).toEqual({ volumeId: diskOf(source).volumeId, snapshotId: snapshot?.id });
  const refusal = async () =>
    (await failure(vms.deleteSnapshot({ vmId: source, snapshotId: snapshot?.id ?? "" }))).message;
  expect(await refusal()).toBe("snapshot base is in use: VM linked needs its blocks");
  await vms.deleteVM({ id, force: true });
  await cluster.settle();
  expect(await refusal()).toBe("snapshot base is in use: VM linked in the recycle bin needs its blocks");
  expect((await failure(vms.deleteVM({ id: source, force: true }))).reason).toBe(Reason.IN_USE);
  await vms.purgeVM({ id });
  await cluster.settle();
  await vms.deleteSnapshot({ vmId: source, snapshotId: snapshot?.id ?? "" });
  await cluster.settle();
  expect([names(source), content(source)]).toEqual([[], "0=later"]);
});

test("a snapshot that is taken for a linked clone goes with the clone", async () => {
  const { vm } = await clone({ name: "linked", cloneType: Type.LINKED, startOnCreate: true });
  await cluster.settle();
  expect([content(vm?.id), names(source)]).toEqual(["0=gold", ["clone linked"]]);
  expect((await vms.getVM({ id: vm?.id ?? "" })).status?.state).toBe(State.RUNNING);
  await gone(vm?.id ?? "");
  expect(names(source)).toEqual([]);
});

test("a template is not started nor changed; its linked clones share one snapshot and spread over the hosts", async () => {
  expect((await failure(vms.convertToTemplate({ id: source }))).reason).toBe(Reason.VM_WRONG_STATE);
  await vms.stopVM({ id: source, force: true });
  await cluster.settle();
  expect((await vms.convertToTemplate({ id: source })).vm?.isTemplate).toBe(true);
  for (const refused of [
    vms.startVM({ id: source }),
    vms.attachDisk({ vmId: source, disk: { sizeGib: 1n } }),
    vms.updateVM({ id: source, spec: { cpu: { cores: 2 } }, updateMask: { paths: ["spec.cpu.cores"] } }),
    vms.createSnapshot({ vmId: source, name: "no" }),
  ]) {
    expect((await failure(refused)).reason).toBe(Reason.VM_IS_TEMPLATE);
  }
  await vms.updateVM({ id: source, description: "golden", updateMask: { paths: ["description"] } });
  const ids: string[] = [];
  for (const name of ["a", "b", "c", "d"]) {
    const { vm } = await clone({ name, cloneType: Type.LINKED, startOnCreate: true });
    ids.push(vm?.id ?? "");
  }
  await cluster.settle();
  expect(names(source)).toEqual(["linked clones"]);
  const clones = await Promise.all(ids.map((id) => vms.getVM({ id })));
  expect(new Set(clones.map(({ status }) => status?.nodeId)).size).toBe(2);
  expect(clones.map(({ id, isTemplate, status }) => [content(id), isTemplate, status?.state])).toEqual(
    ids.map(() => ["0=gold", false, State.RUNNING]),
  );
  expect((await failure(vms.convertToVM({ id: source }))).message).toBe(
    "VM gold is in use: clones of it need its disks: VM a, VM b, VM c, VM d",
  );
  for (const id of ids) await gone(id);
  expect(names(source)).toEqual(["linked clones"]);
  await vms.convertToVM({ id: source });
  await cluster.settle();
  expect(names(source)).toEqual([]);
  await vms.startVM({ id: source });
  await cluster.settle();
});

test("a clone whose snapshot cannot be taken fails with it; one that is called off takes it along", async () => {
  const host = cluster.host(0).host;
  host.faults.latencyMs = 300;
  const off = await clone({ name: "off" });
  await tasks.cancelTask({ id: off.task?.id ?? "" });
  await cluster.settle();
  expect((await tasks.getTask({ id: off.task?.id ?? "" })).state).toBe(Task_State.CANCELLED);
  host.faults.latencyMs = 0;
  const volume = volumeOf(source);
  storage()?.volumes.delete(volume?.volumeId ?? "");
  const { vm, task } = await clone({ name: "fails" });
  await cluster.settle();
  expect((await tasks.getTask({ id: task?.id ?? "" })).error?.reason).toBe(Reason.NOT_FOUND);
  expect((await vms.getVM({ id: vm?.id ?? "" })).status?.state).toBe(State.ERROR);
  if (volume) storage()?.volumes.set(volume.volumeId, volume);
  expect((await failure(vms.startVM({ id: vm?.id ?? "" }))).reason).toBe(Reason.NOT_FOUND);
  await gone(vm?.id ?? "");
  expect([names(source), [...cluster.control.db.all(volumeTable)].length]).toEqual([[], 1]);
  expect(volumeOf(source)?.snapshots.size).toBe(0);
});

function clone(request: MessageInitShape<typeof CloneVMRequestSchema>) {
  return vms.cloneVM({ sourceVmId: source, ...request });
}

async function gone(id: string): Promise<void> {
  await vms.deleteVM({ id, force: true, keepFor: { seconds: 0n } });
  await cluster.settle();
}

/** The source's guest writes on its disk. */
function write(value: string): void {
  cluster.host(0).host.write(source, diskOf(source).id, 0, value);
}

function diskOf(vmId: string) {
  const [disk] = cluster.control.db.get(vmTable, vmId).spec?.disks ?? [];
  if (!disk) throw new Error("the VM has no disk");
  return disk;
}

function storage() {
  return cluster.storages.get(poolId);
}

function volumeOf(vmId: string) {
  return storage()?.volumes.get(diskOf(vmId).volumeId);
}

function content(vmId: string | undefined): string | undefined {
  return volumeOf(vmId ?? "")?.content.replace(/^-1=\S+ \S+ /, "");
}

function names(vmId: string): string[] {
  return cluster.control.db.by(snapshotTable, "vm", vmId).map(({ name }) => name);
}

async function failure(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    return fromConnectError(error);
  }
  throw new Error("it was not refused");
}
