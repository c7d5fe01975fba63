import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  DiskDevice_ProvisioningKind,
  fromConnectError,
  Reason,
  StoragePoolService,
  StoragePoolStatus_Phase,
  Task_State,
  TaskService,
  VMService,
  VolumeService,
  VolumeStatus_Phase as Phase,
  type StoragePoolSpecSchema,
  type Volume,
} from "@limiquantix/api";
import { createCluster, type Cluster } from "@limiquantix/sim";
import { afterEach, beforeEach, expect, test } from "vitest";
import { usageOf } from "../projects/usage.ts";
import { volumes as table, vms as vmTable } from "../tables.ts";

const GIB = 1024n ** 3n;

let cluster: Cluster;
beforeEach(async () => {
  cluster = await createCluster({ nodes: 2, hostSize: { cpuCores: 16, memoryMib: 16 * 1024 } });
});
afterEach(() => cluster.stop());

const client = () => cluster.client(VolumeService);
const vms = () => cluster.client(VMService);

type Spec = MessageInitShape<typeof StoragePoolSpecSchema>;

async function pool(name: string, hosts = [0, 1], thresholds: Spec["thresholds"] = {}): Promise<string> {
  const assignedNodeIds = hosts.map((host) => cluster.host(host).nodeId);
  const config = { case: "rbd" as const, value: { monitors: ["mon:6789"], pool: name } };
  const made = await cluster
    .client(StoragePoolService)
    .createPool({ name, spec: { assignedNodeIds, config, thresholds } });
  await cluster.settle();
  const row = await cluster.client(StoragePoolService).getPool({ id: made.pool?.id ?? "" });
  expect(row.status?.phase).toBe(StoragePoolStatus_Phase.READY);
  return row.id;
}

/** What lies in a declared pool. */
function stored(poolId: string): string[] {
  return [...(cluster.storages.get(poolId)?.volumes.keys() ?? [])];
}

async function volumeIn(poolId: string, name = "data", gib = 2n): Promise<Volume> {
  const { volume, task } = await client().createVolume({ name, spec: { storagePoolId: poolId, sizeBytes: gib * GIB } });
  await cluster.settle();
  await expectDone(task?.id);
  return await client().getVolume({ id: volume?.id ?? "" });
}

async function vmWith(disks: { sizeGib: bigint; storagePoolId?: string }[], name = "web", nodeId = "") {
  const { vm } = await vms().createVM({ name, nodeId, spec: { memory: { sizeMib: 256n }, disks } });
  await cluster.settle();
  return await vms().getVM({ id: vm?.id ?? "" });
}

async function expectDone(taskId: string | undefined): Promise<void> {
  const task = await cluster.client(TaskService).getTask({ id: taskId ?? "" });
  expect(Task_State[task.state], task.error?.message).toBe("SUCCEEDED");
}

const get = (id: string) => client().getVolume({ id });

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => "ok",
    (error: unknown) => Reason[fromConnectError(error).reason],
  );

test("a volume is made, grown, recycled, brought back and purged", async () => {
  const ceph = await pool("ceph");
  const volume = await volumeIn(ceph);
  expect(volume.status).toMatchObject({ phase: Phase.READY, sizeBytes: 2n * GIB, attachedVmId: "", nodeId: "" });
  expect(stored(ceph)).toEqual([volume.id]);
  expect(usageOf(cluster.control.db, "default").storageGib).toBe(2n);

  const { task } = await client().resizeVolume({ id: volume.id, newSizeBytes: 3n * GIB });
  await cluster.settle();
  await expectDone(task?.id);
  expect((await get(volume.id)).status).toMatchObject({ phase: Phase.READY, sizeBytes: 3n * GIB });
  expect(await reasonOf(client().resizeVolume({ id: volume.id, newSizeBytes: GIB }))).toBe("DISK_CANNOT_SHRINK");
  expect(await reasonOf(client().resizeVolume({ id: volume.id, newSizeBytes: 4n * GIB + 1n }))).toBe("INVALID_REQUEST");

  const deleted = await client().deleteVolume({ id: volume.id });
  expect(deleted.task?.state).toBe(Task_State.SUCCEEDED);
  await cluster.settle();
  expect((await client().listVolumes({})).volumes).toEqual([]);
  expect((await client().listVolumes({ recycled: true })).volumes).toMatchObject([
    { status: { phase: Phase.RECYCLED } },
  ]);
  expect(usageOf(cluster.control.db, "default").storageGib).toBe(3n);
  await client().restoreVolume({ id: volume.id });
  expect((await get(volume.id)).status?.phase).toBe(Phase.READY);
  expect(await reasonOf(client().restoreVolume({ id: volume.id }))).toBe("VOLUME_WRONG_STATE");

  await client().deleteVolume({ id: volume.id, keepFor: { seconds: 60n } });
  await cluster.clock.advance(50_000);
  expect(stored(ceph)).toEqual([volume.id]);
  await cluster.clock.advance(20_000);
  await cluster.settle();
  expect(stored(ceph)).toEqual([]);
  expect(cluster.control.db.find(table, volume.id)).toBeUndefined();
  expect(usageOf(cluster.control.db, "default").storageGib).toBe(0n);
});

test("a volume is attached to a running VM, is its own there, and is free again", async () => {
  const ceph = await pool("ceph");
  const volume = await volumeIn(ceph);
  const vm = await vmWith([{ sizeGib: 1n }]);
  await vms().startVM({ id: vm.id });
  await cluster.settle();

  const attach = await client().attachVolume({ volumeId: volume.id, vmId: vm.id });
  await cluster.settle();
  await expectDone(attach.task?.id);
  const seen = await get(volume.id);
  expect(seen.status).toMatchObject({ phase: Phase.ATTACHED, attachedVmId: vm.id });
  const now = await vms().getVM({ id: vm.id });
  expect(now.spec?.disks[1]).toMatchObject({ id: seen.status?.diskId, volumeId: volume.id, sizeGib: 2n });
  expect(usageOf(cluster.control.db, "default").storageGib).toBe(3n);

  const other = await vmWith([{ sizeGib: 1n }], "other");
  expect(await reasonOf(client().attachVolume({ volumeId: volume.id, vmId: other.id }))).toBe("VOLUME_WRONG_STATE");
  expect(await reasonOf(client().deleteVolume({ id: volume.id }))).toBe("VOLUME_WRONG_STATE");
  await client().resizeVolume({ id: volume.id, newSizeBytes: 5n * GIB });
  await cluster.settle();
  expect((await vms().getVM({ id: vm.id })).spec?.disks[1]?.sizeGib).toBe(5n);
  expect((await get(volume.id)).status).toMatchObject({ phase: Phase.ATTACHED, sizeBytes: 5n * GIB });

  const detach = await client().detachVolume({ volumeId: volume.id });
  expect((await get(volume.id)).status?.attachedVmId).toBe(vm.id);
  await cluster.settle();
  await expectDone(detach.task?.id);
  expect((await get(volume.id)).status).toMatchObject({ phase: Phase.READY, attachedVmId: "", diskId: "" });
  expect(stored(ceph)).toEqual([volume.id]);
  await client().attachVolume({ volumeId: volume.id, vmId: other.id });
  await cluster.settle();
  expect((await get(volume.id)).status?.attachedVmId).toBe(other.id);
});

test("a VM's disks are volumes; they go with it, or stay", async () => {
  const ceph = await pool("ceph");
  const [gone, kept] = [
    await vmWith([{ sizeGib: 1n, storagePoolId: ceph }], "gone"),
    await vmWith([{ sizeGib: 2n }], "kept"),
  ];
  const ids = [gone, kept].map((vm) => vm.spec?.disks[0]?.volumeId ?? "");
  expect(await get(ids[0]!)).toMatchObject({ name: "gone-disk-1", status: { phase: Phase.ATTACHED, nodeId: "" } });
  expect((await get(ids[1]!)).status?.nodeId).toBe(kept.status?.nodeId);

  await vms().deleteVM({ id: gone.id, keepFor: { seconds: 60n } });
  await vms().deleteVM({ id: kept.id, deleteVolumes: false });
  await cluster.settle();
  expect([...cluster.control.db.all(vmTable)]).toEqual([]);
  expect((await get(ids[0]!)).status).toMatchObject({ phase: Phase.RECYCLED, attachedVmId: gone.id });
  for (const refused of [client().restoreVolume({ id: ids[0]! }), client().deleteVolume({ id: ids[0]! })]) {
    await expect(refused).rejects.toThrow("VM gone in the recycle bin has it");
  }
  expect((await get(ids[1]!)).status).toMatchObject({ phase: Phase.READY, attachedVmId: "" });
  expect(stored(ceph)).toEqual([ids[0]]);
  await cluster.clock.advance(61_000);
  await cluster.settle();
  expect(stored(ceph)).toEqual([]);
  expect([...cluster.control.db.all(table)].map(({ id }) => id)).toEqual([ids[1]]);
});

test("detaching a disk keeps its volume unless it is to go", async () => {
  const vm = await vmWith([{ sizeGib: 1n }, { sizeGib: 2n }, { sizeGib: 3n }]);
  const [, second, third] = vm.spec?.disks ?? [];
  await vms().detachDisk({ vmId: vm.id, diskId: second?.id ?? "" });
  await vms().detachDisk({ vmId: vm.id, diskId: third?.id ?? "", deleteVolume: true });
  await cluster.settle();
  expect((await get(second?.volumeId ?? "")).status).toMatchObject({ phase: Phase.READY, attachedVmId: "" });
  expect((await get(third?.volumeId ?? "")).status).toMatchObject({ phase: Phase.RECYCLED, attachedVmId: "" });
  expect((await client().listVolumes({ attachedVmId: vm.id })).totalCount).toBe(1);
});

test("a copy needs a source that nothing writes, and keeps it still until it is made", async () => {
  const [ceph, other] = [await pool("ceph"), await pool("other")];
  const source = await volumeIn(ceph);
  const { volume, task } = await client().cloneVolume({
    sourceVolumeId: source.id,
    name: "copy",
    storagePoolId: other,
  });
  expect(await reasonOf(client().deleteVolume({ id: source.id }))).toBe("VOLUME_WRONG_STATE");
  await cluster.settle();
  await expectDone(task?.id);
  expect((await get(volume?.id ?? "")).status).toMatchObject({ phase: Phase.READY, sizeBytes: 2n * GIB });
  expect(stored(other)).toEqual([volume?.id]);

  const vm = await vmWith([{ sizeGib: 1n, storagePoolId: ceph }]);
  const disk = vm.spec?.disks[0]?.volumeId ?? "";
  await vms().startVM({ id: vm.id });
  await cluster.settle();
  expect(await reasonOf(client().cloneVolume({ sourceVolumeId: disk, name: "of-running" }))).toBe("VM_WRONG_STATE");
  await vms().stopVM({ id: vm.id, force: true });
  await cluster.settle();
  await client().cloneVolume({ sourceVolumeId: disk, name: "of-stopped" });
  expect(await reasonOf(vms().startVM({ id: vm.id }))).toBe("IN_USE");
  await cluster.settle();
  expect(await reasonOf(vms().startVM({ id: vm.id }))).toBe("ok");
});

test("a volume moves to another pool, free or under a running guest", async () => {
  const [ceph, nfs] = [await pool("ceph"), await pool("nfs")];
  const volume = await volumeIn(ceph);
  const moved = await client().moveVolume({ volumeId: volume.id, storagePoolId: nfs });
  expect(moved.volume?.status).toMatchObject({ phase: Phase.MOVING, movingFromPoolId: ceph });
  await cluster.settle();
  await expectDone(moved.task?.id);
  expect((await get(volume.id)).status).toMatchObject({ phase: Phase.READY, movingFromPoolId: "" });
  expect([stored(ceph), stored(nfs)]).toEqual([[], [volume.id]]);

  const vm = await vmWith([{ sizeGib: 1n, storagePoolId: ceph }]);
  const disk = vm.spec?.disks[0];
  await vms().startVM({ id: vm.id });
  await cluster.settle();
  const { task } = await client().moveVolume({ volumeId: disk?.volumeId ?? "", storagePoolId: nfs });
  expect(await reasonOf(vms().deleteVM({ id: vm.id, force: true }))).toBe("VOLUME_WRONG_STATE");
  await cluster.settle();
  await expectDone(task?.id);
  const after = await vms().getVM({ id: vm.id });
  expect(after.spec?.disks[0]).toMatchObject({ storagePoolId: nfs, movingFromPoolId: "" });
  expect((await get(disk?.volumeId ?? "")).status).toMatchObject({ phase: Phase.ATTACHED, movingFromPoolId: "" });
  expect([stored(ceph), stored(nfs).length]).toEqual([[], 2]);
});

test("a pool that takes nothing new says at which threshold, and others go on", async () => {
  const { clock } = cluster;
  const small = await pool("small", [0, 1], { overcommitPercent: 100 });
  const total = (await cluster.client(StoragePoolService).getPool({ id: small })).status?.capacity?.totalBytes ?? 0n;
  const all = total / GIB;
  const tooMuch = { name: "x", spec: { storagePoolId: small, sizeBytes: (all + 1n) * GIB } };
  const refusal = await client()
    .createVolume(tooMuch)
    .then(
      () => undefined,
      (error: unknown) => fromConnectError(error),
    );
  expect(refusal?.reason).toBe(Reason.POOL_FULL);
  expect(refusal?.message).toContain("100 %");
  await volumeIn(small, "most", all - 1n);
  const disks = [{ sizeGib: 2n, storagePoolId: small, provisioning: DiskDevice_ProvisioningKind.THIN }];
  expect(await reasonOf(vms().createVM({ name: "v", spec: { disks } }))).toBe("POOL_FULL");
  expect(await reasonOf(vms().createVM({ name: "v", spec: { disks: [{ sizeGib: 2n }] } }))).toBe("ok");
  await clock.advance(1000);
});

test("a VM that is forgotten by force keeps its volumes until its host has removed it", async () => {
  const ceph = await pool("ceph");
  const vm = await vmWith([{ sizeGib: 1n, storagePoolId: ceph }], "web", cluster.host(0).nodeId);
  const id = vm.spec?.disks[0]?.volumeId ?? "";
  await vms().startVM({ id: vm.id });
  await cluster.settle();
  cluster.host(0).daemon.link.cut("cut");
  await cluster.clock.advance(10_000);
  await vms().deleteVM({ id: vm.id, force: true, deleteVolumes: false });
  await cluster.clock.advance(5000);
  await cluster.settle();
  expect(cluster.control.db.find(vmTable, vm.id)).toBeUndefined();
  const other = await vmWith([{ sizeGib: 1n }], "other", cluster.host(1).nodeId);
  expect((await get(id)).status?.attachedVmId).toBe(vm.id);
  expect(await reasonOf(client().attachVolume({ volumeId: id, vmId: other.id }))).toBe("VOLUME_WRONG_STATE");
  cluster.host(0).daemon.link.heal();
  await cluster.clock.advance(5000);
  await cluster.settle();
  expect((await get(id)).status).toMatchObject({ phase: Phase.READY, attachedVmId: "" });
  expect(cluster.storages.get(ceph)?.violations).toEqual([]);
  expect(await reasonOf(client().attachVolume({ volumeId: id, vmId: other.id }))).toBe("ok");
  await cluster.settle();
});

test("the control plane may die at any step of making, moving and deleting a volume", async () => {
  const [ceph, nfs] = [await pool("ceph"), await pool("nfs")];
  for (let step = 1; step <= 12; step++) {
    let steps = 0;
    cluster.control.onStep = () => {
      if (++steps === step) queueMicrotask(() => cluster.control.kill());
    };
    const patiently = async <T>(call: () => Promise<T>): Promise<T> => {
      for (;;) {
        if (!cluster.control.up) await cluster.control.start();
        try {
          return await call();
        } catch (error) {
          if (cluster.control.up) throw error;
        }
      }
    };
    const settled = async () => {
      await cluster.settle().catch(() => {});
      if (!cluster.control.up) await cluster.control.start();
      await cluster.settle();
    };
    const spec = { storagePoolId: ceph, sizeBytes: GIB };
    const { volume } = await patiently(() => client().createVolume({ name: "a", spec, idempotencyKey: `c${step}` }));
    const id = volume?.id ?? "";
    await settled();
    await patiently(() => client().moveVolume({ volumeId: id, storagePoolId: nfs, idempotencyKey: `m${step}` }));
    await settled();
    expect((await get(id)).status).toMatchObject({ phase: Phase.READY, movingFromPoolId: "" });
    expect([stored(ceph), stored(nfs)]).toEqual([[], [id]]);
    await patiently(() => client().deleteVolume({ id, keepFor: {}, idempotencyKey: `d${step}` }));
    await settled();
    expect([stored(ceph), stored(nfs)]).toEqual([[], []]);
    expect([...cluster.control.db.all(table)]).toEqual([]);
    expect(usageOf(cluster.control.db, "default").storageGib).toBe(0n);
  }
}, 60_000);
