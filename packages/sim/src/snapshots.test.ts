import type { Client } from "@connectrpc/connect";
import {
  fromConnectError,
  ImageService,
  InventoryService,
  Reason,
  Snapshot_Phase as Phase,
  Task_State,
  TaskService,
  VMService,
  VmStatus_PowerState as State,
  VolumeService,
  VolumeStatus_Phase,
  type Snapshot,
  type VirtualMachine,
} from "@limiquantix/api";
import { snapshots as snapshotTable } from "@limiquantix/control";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCluster, type Cluster } from "./cluster.ts";
import { leftovers } from "./testing/leftovers.ts";

let cluster: Cluster;
let vms: Client<typeof VMService>;
let tasks: Client<typeof TaskService>;
let volumes: Client<typeof VolumeService>;
let vmId: string;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 1 });
  vms = cluster.client(VMService);
  tasks = cluster.client(TaskService);
  volumes = cluster.client(VolumeService);
  const { vm } = await vms.createVM({
    name: "web-1",
    startOnCreate: true,
    labels: { app: "web" },
    spec: { cpu: { cores: 2 }, disks: [{ sizeGib: 1n }, { sizeGib: 2n }], nics: [{}] },
  });
  vmId = vm?.id ?? "";
  await cluster.settle();
});

afterEach(async () => {
  expect(leftovers(cluster)).toEqual([]);
  await cluster.stop();
});

test("snapshots are a tree that the VM goes back and forth in, with what was on its disks and its hardware", async () => {
  await write(0, "first");
  const first = await taken("first");
  expect(first).toMatchObject({ phase: Phase.READY, parentId: "", createdBy: "dev", memoryIncluded: false });
  expect(first.disks).toHaveLength(2);
  expect(first.sizeBytes).toBeGreaterThan(0n);
  await write(0, "second");
  const second = await taken("second");
  expect(second.parentId).toBe(first.id);
  await vms.updateVM({
    id: vmId,
    name: "web-2",
    labels: { app: "db" },
    spec: { cpu: { cores: 4 } },
    updateMask: { paths: ["name", "labels", "spec.cpu.cores"] },
  });
  await cluster.settle();
  await write(0, "third");

  await revert(first, { startAfterRevert: true });
  expect(read(0)).toBe("first");
  const back = await vm();
  expect(back).toMatchObject({ name: "web-2", labels: { app: "db" }, currentSnapshotId: first.id });
  expect([back.spec?.cpu?.cores, back.status?.state]).toEqual([2, State.RUNNING]);

  await write(0, "another way");
  const third = await taken("third");
  expect(third.parentId).toBe(first.id);
  await revert(second);
  expect([read(0), (await vm()).status?.state]).toEqual(["second", State.STOPPED]);
  const list = await vms.listSnapshots({ vmId });
  expect(list.snapshots.map(({ name }) => name)).toEqual(["first", "second", "third"]);
  expect(list.currentSnapshotId).toBe(second.id);

  // Its children become its parent's, and nothing that others need goes.
  await removed(first);
  const left = await vms.listSnapshots({ vmId });
  expect(left.snapshots.map(({ name, parentId }) => [name, parentId])).toEqual([
    ["second", ""],
    ["third", ""],
  ]);
  await revert(third, { startAfterRevert: true });
  expect(read(0)).toBe("another way");
  await removed(second);
  await removed(third);
  expect([read(0), (await vm()).currentSnapshotId]).toEqual(["another way", ""]);
  const { events } = await vms.listVMEvents({ vmId, type: "snapshot", limit: 100 });
  expect(events.map(({ message }) => message)).toContain("snapshot third of VM web-2 was deleted");
});

test("with memory the guest goes on where it was; that it was asked to freeze and did not is told", async () => {
  await write(0, "then");
  const snapshot = await taken("live", { includeMemory: true, quiesce: true });
  expect(snapshot).toMatchObject({ memoryIncluded: true, quiesceWanted: true });
  expect(snapshot.quiesced || snapshot.quiesceMessage !== "").toBe(true);
  expect(snapshot.memoryNodeId).toBe((await vm()).status?.nodeId);
  await vms.stopVM({ id: vmId, force: true });
  await cluster.settle();
  await revert(snapshot);
  expect([read(0), (await vm()).status?.state]).toEqual(["then", State.RUNNING]);
  await vms.stopVM({ id: vmId, force: true });
  await cluster.settle();
  expect((await failure(vms.createSnapshot({ vmId, name: "off", includeMemory: true }))).message).toBe(
    "VM web-1 is STOPPED: snapshot with memory is for a VM that is RUNNING or PAUSED",
  );
  // It goes with its VM.
  await vms.deleteVM({ id: vmId, keepFor: { seconds: 0n } });
  await cluster.settle();
  expect([...cluster.control.db.all(snapshotTable)]).toEqual([]);
  expect(cluster.host(0).host.storage.memory.size).toBe(0);
});

test("a disk that came after the snapshot is let go of, and comes back with a snapshot that has it", async () => {
  const before = await taken("before");
  const { vm: edited } = await vms.attachDisk({ vmId, disk: { sizeGib: 3n } });
  await cluster.settle();
  const added = edited?.spec?.disks[2]?.volumeId ?? "";
  const after = await taken("after");
  const { warnings } = await vms.revertToSnapshot({ vmId, snapshotId: before.id });
  expect(warnings).toEqual([expect.stringContaining("was added after the snapshot and is taken from the VM")]);
  await cluster.settle();
  // A snapshot names it: it stays the VM's own.
  expect((await volumes.getVolume({ id: added })).status?.attachedVmId).toBe(vmId);
  await revert(after);
  expect((await vm()).spec?.disks.map(({ volumeId }) => volumeId)).toContain(added);
  const diskId = (await vm()).spec?.disks[2]?.id ?? "";
  expect((await failure(vms.detachDisk({ vmId, diskId }))).reason).toBe(Reason.VOLUME_HAS_SNAPSHOTS);
  await revert(before);
  await removed(after);
  expect((await volumes.getVolume({ id: added })).status).toMatchObject({
    phase: VolumeStatus_Phase.READY,
    attachedVmId: "",
  });
  await volumes.deleteVolume({ id: added, keepFor: { seconds: 0n } });
  await cluster.settle();
});

test("a disk that has grown since is as large as it was", async () => {
  const snapshot = await taken("small");
  const diskId = (await vm()).spec?.disks[0]?.id ?? "";
  await vms.resizeDisk({ vmId, diskId, newSizeGib: 5n });
  await cluster.settle();
  await revert(snapshot);
  expect((await vm()).spec?.disks[0]?.sizeGib).toBe(1n);
  const id = (await vm()).spec?.disks[0]?.volumeId ?? "";
  expect((await volumes.getVolume({ id })).status?.sizeBytes).toBe(1024n ** 3n);
});

test("an ISO that is gone leaves its drive empty", async () => {
  const images = cluster.client(ImageService);
  const all = await images.listImages({});
  expect(all.images).toEqual([]);
  const snapshot = await taken("disc");
  await cluster.control.db.transact((tx) =>
    tx.update(snapshotTable, snapshot.id, ({ spec }) => {
      spec?.cdroms.push({ $typeName: "limiquantix.compute.v1.CdromDevice", id: "cd1", imageId: "gone", bootIndex: 0 });
    }),
  );
  const { warnings } = await vms.revertToSnapshot({ vmId, snapshotId: snapshot.id });
  expect(warnings).toEqual([expect.stringContaining("the drive is empty")]);
  await cluster.settle();
  expect((await vm()).spec?.cdroms).toMatchObject([{ id: "cd1", imageId: "" }]);
});

test("what gets into each other's way is refused, with what is going on", async () => {
  cluster.host(0).host.faults.latencyMs = 500;
  const { snapshot, task } = await vms.createSnapshot({ vmId, name: "one" });
  expect(snapshot).toMatchObject({ phase: Phase.CREATING });
  expect(task).toMatchObject({ kind: "vm.snapshot", target: { kind: "vm", id: vmId }, cancellable: true });
  expect((await failure(vms.createSnapshot({ vmId, name: "two" }))).message).toBe(
    "VM web-1 is in use: snapshot one of it is being taken",
  );
  expect((await failure(vms.attachDisk({ vmId, disk: { sizeGib: 1n } }))).reason).toBe(Reason.IN_USE);
  const early = failure(vms.revertToSnapshot({ vmId, snapshotId: snapshot?.id ?? "" }));
  expect((await early).reason).toBe(Reason.SNAPSHOT_NOT_READY);
  await cluster.settle();
  expect((await failure(vms.createSnapshot({ vmId, name: "one" }))).reason).toBe(Reason.NAME_TAKEN);
  const id = (await vm()).spec?.disks[0]?.volumeId ?? "";
  const elsewhere = { volumeId: id, storagePoolId: crypto.randomUUID() };
  expect([Reason.VOLUME_HAS_SNAPSHOTS, Reason.NOT_FOUND]).toContain(
    (await failure(volumes.moveVolume(elsewhere))).reason,
  );
  const keeping = vms.deleteVM({ id: vmId, force: true, deleteVolumes: false });
  expect((await failure(keeping)).reason).toBe(Reason.VOLUME_HAS_SNAPSHOTS);
  await vms.revertToSnapshot({ vmId, snapshotId: snapshot?.id ?? "" });
  for (const refused of [
    vms.revertToSnapshot({ vmId, snapshotId: snapshot?.id ?? "" }),
    vms.deleteSnapshot({ vmId, snapshotId: snapshot?.id ?? "" }),
  ]) {
    expect((await failure(refused)).message).toBe("VM web-1 is in use: it is on its way back to a snapshot");
  }
  await cluster.settle();
});

test("one that is called off, or fails, leaves nothing", async () => {
  const host = cluster.host(0).host;
  host.faults.latencyMs = 500;
  const { task } = await vms.createSnapshot({ vmId, name: "no" });
  await cluster.clock.advance(700);
  await tasks.cancelTask({ id: task?.id ?? "" });
  await cluster.settle();
  expect((await tasks.getTask({ id: task?.id ?? "" })).state).toBe(Task_State.CANCELLED);
  host.faults.latencyMs = 0;
  const disk = [...host.volumes.values()][1];
  const volumeId = disk?.volumeId ?? "";
  if (disk) host.volumes.delete(volumeId);
  const failed = await vms.createSnapshot({ vmId, name: "fails" });
  await cluster.settle();
  if (disk) host.volumes.set(volumeId, disk);
  expect(await tasks.getTask({ id: failed.task?.id ?? "" })).toMatchObject({ state: Task_State.FAILED });
  expect((await vms.listSnapshots({ vmId })).snapshots).toEqual([]);
  expect([...host.volumes.values()].map(({ snapshots }) => snapshots.size)).toEqual([0, 0]);
  expect((await vm()).currentSnapshotId).toBe("");
});

test("a way back that fails is not gone again by itself", async () => {
  await write(0, "now");
  const snapshot = await taken("broken");
  for (const volume of cluster.host(0).host.volumes.values()) volume.snapshots.clear();
  const { task } = await vms.revertToSnapshot({ vmId, snapshotId: snapshot.id, startAfterRevert: true });
  await cluster.settle();
  expect(await tasks.getTask({ id: task?.id ?? "" })).toMatchObject({
    state: Task_State.FAILED,
    error: { reason: Reason.NOT_FOUND },
  });
  const { errorMessage } = (await vm()).status ?? {};
  expect(errorMessage).toContain("snapshot");
  await vms.startVM({ id: vmId });
  await cluster.settle();
  const after = await vm();
  expect([read(0), after.status?.state, after.currentSnapshotId]).toEqual(["now", State.RUNNING, snapshot.id]);
  await removed(snapshot);
});

test("while its host is away a snapshot waits; a VM that is deleted takes it along", async () => {
  const host = cluster.host(0);
  host.cutNetwork();
  const { task } = await vms.createSnapshot({ vmId, name: "later" });
  await cluster.clock.advance(3000);
  const waits = await tasks.getTask({ id: task?.id ?? "" });
  expect(waits.state).not.toBe(Task_State.SUCCEEDED);
  host.healNetwork();
  await cluster.settle();
  expect((await tasks.getTask({ id: task?.id ?? "" })).state).toBe(Task_State.SUCCEEDED);
  host.host.faults.latencyMs = 300;
  const second = await vms.createSnapshot({ vmId, name: "too late" });
  await vms.deleteVM({ id: vmId, force: true, keepFor: { seconds: 0n } });
  await cluster.settle();
  expect((await tasks.getTask({ id: second.task?.id ?? "" })).state).toBe(Task_State.CANCELLED);
  expect([...cluster.control.db.all(snapshotTable)]).toEqual([]);
  expect(host.host.volumes.size).toBe(0);
});

test("the inventory stream tells of them; who may only see the VM may not take any", async () => {
  const snapshot = await taken("seen");
  const seen: string[] = [];
  for await (const { object } of cluster.client(InventoryService).watchInventory({})) {
    if (object.case === "snapshot") seen.push(object.value.id);
    if (object.case === "event") break;
  }
  expect(seen).toEqual([snapshot.id]);
  const grace = cluster.user("grace");
  await grace.allow(["vm.view"], { kind: "vm", id: vmId });
  const hers = grace.client(VMService);
  expect((await hers.listSnapshots({ vmId })).snapshots).toHaveLength(1);
  expect((await failure(hers.createSnapshot({ vmId, name: "mine" }))).reason).toBe(Reason.PRIVILEGE_MISSING);
  const dry = await vms.createSnapshot({ vmId, name: "dry", dryRun: true });
  expect([dry.snapshot?.name, dry.task]).toEqual(["dry", undefined]);
  expect((await vms.listSnapshots({ vmId })).snapshots).toHaveLength(1);
});

async function taken(name: string, more: { includeMemory?: boolean; quiesce?: boolean } = {}): Promise<Snapshot> {
  const { task, snapshot } = await vms.createSnapshot({ vmId, name, ...more });
  await cluster.settle();
  expect((await tasks.getTask({ id: task?.id ?? "" })).error).toBeUndefined();
  const found = (await vms.listSnapshots({ vmId })).snapshots.find(({ id }) => id === snapshot?.id);
  if (!found) throw new Error(`snapshot ${name} is not there`);
  return found;
}

async function revert({ id }: Snapshot, more: { startAfterRevert?: boolean } = {}): Promise<void> {
  const { task } = await vms.revertToSnapshot({ vmId, snapshotId: id, ...more });
  await cluster.settle();
  expect(await tasks.getTask({ id: task?.id ?? "" })).toMatchObject({ state: Task_State.SUCCEEDED, kind: "vm.revert" });
}

async function removed({ id }: Snapshot): Promise<void> {
  const { task } = await vms.deleteSnapshot({ vmId, snapshotId: id });
  await cluster.settle();
  expect((await tasks.getTask({ id: task?.id ?? "" })).state).toBe(Task_State.SUCCEEDED);
}

function vm(): Promise<VirtualMachine> {
  return vms.getVM({ id: vmId });
}

/** The guest writes on its first disk. */
async function write(block: number, value: string): Promise<void> {
  cluster.host(0).host.write(vmId, (await vm()).spec?.disks[0]?.id ?? "", block, value);
}

function read(block: number): string | undefined {
  const [disk] = cluster.host(0).host.domains.get(vmId)?.definition?.spec.disks ?? [];
  const content = cluster.host(0).host.volumes.get(disk?.volumeId ?? "")?.content ?? "";
  return content
    .split(/ (?=\d+=)/)
    .find((text) => text.startsWith(`${block}=`))
    ?.slice(`${block}=`.length);
}

async function failure(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    return fromConnectError(error);
  }
  throw new Error("it was not refused");
}
