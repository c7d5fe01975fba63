import type { Client } from "@connectrpc/connect";
import {
  fromConnectError,
  Reason,
  StoragePoolService,
  VMService,
  VolumeService,
  VolumeStatus_Phase as Phase,
} from "@limiquantix/api";
import { recycledVms, tombstones, vms as vmTable, volumes as volumeTable } from "@limiquantix/control";
import { GIB } from "@limiquantix/kit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCluster, type Cluster } from "./cluster.ts";
import { leftovers } from "./testing/leftovers.ts";
import { randomOf } from "./testing/random.ts";

const atOnce = { seconds: 0n };

let cluster: Cluster;
let vms: Client<typeof VMService>;
let volumes: Client<typeof VolumeService>;
let ceph: string;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 2 });
  vms = cluster.client(VMService);
  volumes = cluster.client(VolumeService);
  ceph = await pool("ceph", { case: "rbd", value: { monitors: ["a:6789"], pool: "rbd" } });
});

afterEach(async () => {
  expect(inconsistencies()).toEqual([]);
  expect(leftovers(cluster)).toEqual([]);
  await cluster.stop();
});

test("VMs on two hosts have one volume at the same time, and each reads what the other wrote", async () => {
  const [a, b] = [await guest("a", 0), await guest("b", 1)];
  const id = await shared();
  expect((await volumes.getVolume({ id })).status).toMatchObject({ phase: Phase.READY, attachedVmIds: [] });
  for (const vmId of [a, b]) await attach(id, vmId);
  const { status } = await volumes.getVolume({ id });
  expect(status).toMatchObject({ phase: Phase.ATTACHED, attachedVmId: a, attachedVmIds: [a, b], nodeId: "" });
  expect((await volumes.listVolumes({ attachedVmId: b })).volumes.map((one) => one.id)).toContain(id);
  const [diskOfA, diskOfB] = [await diskIn(a, id), await diskIn(b, id)];
  expect(status?.diskId).toBe(diskOfA);
  cluster.host(0).host.write(a, diskOfA, 5, "from a");
  expect(cluster.host(1).host.read(b, diskOfB)).toMatch(/ 5=from a$/);

  await volumes.detachVolume({ volumeId: id, vmId: a });
  await cluster.settle();
  expect((await volumes.getVolume({ id })).status).toMatchObject({
    phase: Phase.ATTACHED,
    attachedVmId: b,
    attachedVmIds: [b],
    diskId: diskOfB,
  });
  expect(cluster.host(1).host.read(b, diskOfB)).toMatch(/ 5=from a$/);
  await volumes.detachVolume({ volumeId: id });
  await cluster.settle();
  expect((await volumes.getVolume({ id })).status).toMatchObject({ phase: Phase.READY, attachedVmIds: [], diskId: "" });
  await volumes.deleteVolume({ id, keepFor: atOnce });
  await cluster.settle();
  expect([...cluster.storages.get(ceph)!.volumes.keys()]).not.toContain(id);
});

test("what takes a disk's instant, or a disk to itself, is refused with the VM and the disk", async () => {
  const [a, b] = [await guest("a", 0), await guest("b", 1)];
  const id = await shared();
  for (const vmId of [a, b]) await attach(id, vmId);
  const refusals = [
    vms.createSnapshot({ vmId: a, name: "one" }),
    vms.cloneVM({ sourceVmId: a, name: "c" }),
    vms.deleteVM({ id: a, removeFromInventoryOnly: true }),
  ];
  for (const refused of refusals) {
    expect(await failure(refused)).toMatchObject({
      reason: Reason.VM_HAS_SHARED_DISK,
      params: { vm: "a", disk: "2", volume: "quorum" },
    });
  }
  const other = await pool("other", { case: "rbd", value: { monitors: ["b:6789"], pool: "rbd" } });
  const ofVolume = [
    volumes.resizeVolume({ id, newSizeBytes: BigInt(2 * GIB) }),
    volumes.moveVolume({ volumeId: id, storagePoolId: other }),
    volumes.cloneVolume({ sourceVolumeId: id, name: "copy" }),
  ];
  for (const refused of ofVolume) {
    expect(await failure(refused)).toMatchObject({ reason: Reason.VOLUME_IS_SHARED, params: { vms: "a, b" } });
  }
  expect(await failure(vms.detachDisk({ vmId: a, diskId: await diskIn(a, id), deleteVolume: true }))).toMatchObject({
    reason: Reason.VOLUME_IS_SHARED,
  });
  expect(await failure(volumes.deleteVolume({ id }))).toMatchObject({ reason: Reason.VOLUME_WRONG_STATE });
  const ambiguous = await failure(volumes.detachVolume({ volumeId: id }));
  expect(ambiguous).toMatchObject({ reason: Reason.INVALID_REQUEST, fields: [{ field: "vmId" }] });

  // Nobody has it: then it can.
  for (const vmId of [a, b]) await volumes.detachVolume({ volumeId: id, vmId });
  await cluster.settle();
  await volumes.resizeVolume({ id, newSizeBytes: BigInt(2 * GIB) });
  await cluster.settle();
  await volumes.moveVolume({ volumeId: id, storagePoolId: other });
  await cluster.settle();
  expect((await volumes.getVolume({ id })).spec).toMatchObject({ shared: true, storagePoolId: other });
  await attach(id, b);
  expect((await vms.getVM({ id: b })).spec?.disks[1]).toMatchObject({ shared: true, sizeGib: 2n });
});

test("sharing is chosen where the volume is made, and nowhere else", async () => {
  const [a, b] = [await guest("a", 0), await guest("b", 0)];
  const { volume } = await volumes.createVolume({ name: "own", spec: { storagePoolId: ceph, sizeBytes: BigInt(GIB) } });
  await cluster.settle();
  const own = volume?.id ?? "";
  await attach(own, a);
  expect(await failure(volumes.attachVolume({ volumeId: own, vmId: b }))).toMatchObject({
    reason: Reason.VOLUME_WRONG_STATE,
  });
  const fault = (field: string) => ({ reason: Reason.INVALID_REQUEST, fields: [{ field }] });
  const disks = [{ sizeGib: 1n, shared: true }];
  expect(await failure(vms.createVM({ name: "c", spec: { disks } }))).toMatchObject(fault("spec.disks[0].shared"));
  expect(await failure(vms.attachDisk({ vmId: a, disk: disks[0]! }))).toMatchObject(fault("spec.disks[2].shared"));
  const spec = { storagePoolId: ceph, sizeBytes: BigInt(GIB), shared: true };
  const source = { from: { case: "volumeId" as const, value: own } };
  expect(await failure(volumes.createVolume({ name: "d", spec: { ...spec, source } }))).toMatchObject(
    fault("spec.source"),
  );
});

test("a VM that is deleted leaves it to the others, and has it again when it comes back", async () => {
  const [a, b] = [await guest("a", 0), await guest("b", 1)];
  const id = await shared();
  for (const vmId of [a, b]) await attach(id, vmId);
  await removed(a, { seconds: 3600n });
  expect((await volumes.getVolume({ id })).status).toMatchObject({ phase: Phase.ATTACHED, attachedVmIds: [b] });
  expect((await volumes.getVolume({ id })).deletedAt).toBeUndefined();
  expect((await vms.restoreVM({ id: a })).warnings).toEqual([]);
  await cluster.settle();
  expect((await volumes.getVolume({ id })).status).toMatchObject({ attachedVmIds: [b, a] });
  await removed(a, { seconds: 3600n });
  await removed(b, atOnce);
  expect((await volumes.getVolume({ id })).status).toMatchObject({ phase: Phase.READY, attachedVmIds: [] });
  await volumes.deleteVolume({ id, keepFor: atOnce });
  await cluster.settle();
  expect((await vms.restoreVM({ id: a })).warnings).toEqual([expect.stringContaining("comes back without it")]);
  await cluster.settle();
  expect((await vms.getVM({ id: a })).spec?.disks).toHaveLength(1);
  await removed(a, atOnce);
});

test("a VM deleted by force while its host is away has it until that host has let go of it", async () => {
  const [a, b] = [await guest("a", 0), await guest("b", 1)];
  const id = await shared();
  for (const vmId of [a, b]) await attach(id, vmId);
  cluster.host(0).killDaemon();
  await cluster.clock.advance(30_000);
  await removed(a, { seconds: 3600n });
  expect((await volumes.getVolume({ id })).status?.attachedVmIds).toEqual([a, b]);
  await cluster.host(0).startDaemon();
  await cluster.settle();
  expect((await volumes.getVolume({ id })).status?.attachedVmIds).toEqual([b]);
});

test("on storage that one host has, only that host's VMs share", async () => {
  const lun = await pool("lun", { case: "iscsi", value: { portals: ["c:3260"], target: "iqn.2026-11.x:y" } }, [0]);
  const [a, b, far] = [await guest("a", 0), await guest("b", 0), await guest("far", 1)];
  const id = await shared(lun);
  for (const vmId of [a, b]) await attach(id, vmId);
  expect(await failure(volumes.attachVolume({ volumeId: id, vmId: far }))).toMatchObject({
    reason: Reason.POOL_UNAVAILABLE,
  });
  // One goes off, and the other keeps it.
  await vms.stopVM({ id: a, force: true });
  await cluster.settle();
  cluster.host(0).host.write(b, await diskIn(b, id), 3, "on");
  await vms.startVM({ id: a });
  await cluster.settle();
  expect(cluster.host(0).host.read(a, await diskIn(a, id))).toMatch(/ 3=on$/);
});

test.each(Array.from({ length: 12 }, (_, seed) => `shared ${seed}`))(
  "whatever happens, who has a volume agrees with the VMs' disks (%s)",
  async (seed) => {
    const random = randomOf(seed);
    const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
    const names = ["a", "b", "c", "d"];
    const [ids, disks] = [new Array<string>(), new Array<string>()];
    for (const [i, name] of names.entries()) ids.push(await guest(name, i % 2));
    for (let i = 0; i < 2; i++) disks.push(await shared(ceph, `s${i}`));
    let [done, together] = [0, 0];
    for (let step = 0; step < 40; step++) {
      const [vmId = "", volumeId = ""] = [pick(ids), pick(disks)];
      const chance = random();
      // What cannot be now is refused, and changes nothing.
      const work: Promise<unknown> =
        chance < 0.4
          ? volumes.attachVolume({ volumeId, vmId })
          : chance < 0.6
            ? volumes.detachVolume({ volumeId, vmId })
            : chance < 0.7
              ? vms.deleteVM({ id: vmId, force: true, keepFor: { seconds: 36_000n } })
              : chance < 0.8
                ? vms.restoreVM({ id: vmId })
                : chance < 0.85
                  ? vms.startVM({ id: vmId })
                  : chance < 0.9
                    ? volumes.deleteVolume({ id: volumeId, keepFor: { seconds: 36_000n } })
                    : volumes.restoreVolume({ id: volumeId });
      await work.then(
        () => done++,
        () => {},
      );
      if (random() < 0.1) {
        cluster.control.kill();
        await cluster.control.start();
      }
      if (random() < 0.5) await cluster.settle();
      expect(inconsistencies(), `step ${step}`).toEqual([]);
      const all = [...cluster.control.db.all(volumeTable)];
      together = Math.max(together, ...all.map(({ status }) => status?.attachedVmIds.length ?? 0));
    }
    await cluster.settle();
    expect(done).toBeGreaterThan(10);
    expect(together).toBeGreaterThan(1);
  },
);

/** What of `attached_vm_ids` does not agree with itself or with the VMs' disks. */
function inconsistencies(): string[] {
  const { db } = cluster.control;
  const found: string[] = [];
  const [all, live] = [[...db.all(volumeTable)], [...db.all(vmTable)]];
  for (const { id, name, spec, status } of all) {
    const [ids, first] = [status?.attachedVmIds ?? [], status?.attachedVmId ?? ""];
    if ((ids[0] ?? "") !== first) found.push(`${name}: first is ${first}, all are ${ids.join()}`);
    if (new Set(ids).size !== ids.length) found.push(`${name}: one VM twice`);
    if (ids.length > 1 && !spec?.shared) found.push(`${name}: is not shared and has ${ids.length} VMs`);
    if ((first === "") !== (status?.diskId === "")) found.push(`${name}: disk ${status?.diskId} of ${first}`);
    for (const vmId of ids) {
      const vm = db.find(vmTable, vmId);
      if (!vm && !db.find(tombstones, vmId) && (spec?.shared || !db.find(recycledVms, vmId))) {
        found.push(`${name}: VM ${vmId} is gone`);
      }
      const isDisk = vm?.spec?.disks.some((disk) => disk.volumeId === id);
      const settled = vm && vm.generation === vm.status?.observedGeneration && vm.status.needsRestart.length === 0;
      if (vm && !isDisk && settled) found.push(`${name}: VM ${vm.name} has no such disk`);
    }
  }
  for (const vm of live) {
    for (const { volumeId, shared: isShared } of vm.spec?.disks ?? []) {
      const volume = db.find(volumeTable, volumeId);
      if (!volume?.status?.attachedVmIds.includes(vm.id))
        found.push(`disk of ${vm.name}: volume ${volumeId} is not its`);
      if (volume?.deletedAt && !vm.deletion) found.push(`disk of ${vm.name}: ${volume.name} is deleted`);
      if ((volume?.spec?.shared ?? false) !== isShared) found.push(`disk of ${vm.name}: shared is ${isShared}`);
    }
  }
  return found;
}

type Config = NonNullable<
  NonNullable<Parameters<Client<typeof StoragePoolService>["createPool"]>[0]["spec"]>["config"]
>;

async function pool(name: string, config: Config, hosts = [0, 1]): Promise<string> {
  const assignedNodeIds = hosts.map((at) => cluster.host(at).nodeId);
  const made = await cluster.client(StoragePoolService).createPool({ name, spec: { assignedNodeIds, config } });
  await cluster.settle();
  return made.pool?.id ?? "";
}

/** A VM that runs. */
async function guest(name: string, host: number): Promise<string> {
  const { vm } = await vms.createVM({
    name,
    nodeId: cluster.host(host).nodeId,
    spec: { cpu: { cores: 1 }, disks: [{ sizeGib: 1n }] },
    startOnCreate: true,
  });
  await cluster.settle();
  return vm?.id ?? "";
}

async function shared(storagePoolId = ceph, name = "quorum"): Promise<string> {
  const spec = { storagePoolId, sizeBytes: BigInt(GIB), shared: true };
  const { volume } = await volumes.createVolume({ name, spec });
  await cluster.settle();
  return volume?.id ?? "";
}

async function attach(volumeId: string, vmId: string): Promise<void> {
  await volumes.attachVolume({ volumeId, vmId });
  await cluster.settle();
}

async function diskIn(vmId: string, volumeId: string): Promise<string> {
  return (await vms.getVM({ id: vmId })).spec?.disks.find((disk) => disk.volumeId === volumeId)?.id ?? "";
}

async function removed(id: string, keepFor: { seconds: bigint }): Promise<void> {
  await vms.deleteVM({ id, force: true, keepFor });
  await cluster.settle();
}

async function failure(call: Promise<unknown>) {
  return fromConnectError(
    await call.then(
      () => new Error("it succeeded"),
      (error: unknown) => error,
    ),
  );
}
