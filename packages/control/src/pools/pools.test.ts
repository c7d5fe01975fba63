import { create, toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import {
  EventService,
  fromConnectError,
  ImageCopySchema,
  ImageService,
  NodeService,
  Reason,
  StoragePoolSchema,
  StoragePoolService,
  StoragePoolStatus_Phase as Phase,
  Task_State,
  TaskService,
  VMService,
  VolumeService,
  type StoragePoolSpecSchema,
} from "@limiquantix/api";
import { NodeDaemonService } from "@limiquantix/api/daemon";
import { createCluster, type Cluster } from "@limiquantix/sim";
import { afterEach, beforeEach, expect, test } from "vitest";
import { updateImageStatus } from "../images/image.ts";
import { pools as table } from "../tables.ts";
import { isNearlyFull } from "./fullness.ts";
import { poolSecrets } from "./pool-secrets.ts";

const GIB = 1024n ** 3n;

let cluster: Cluster;
beforeEach(async () => {
  cluster = await createCluster({ nodes: 3, hostSize: { cpuCores: 16, memoryMib: 16 * 1024 } });
});
afterEach(() => cluster.stop());

const client = () => cluster.client(StoragePoolService);

type Spec = MessageInitShape<typeof StoragePoolSpecSchema>;

const rbd = { monitors: ["mon:6789"], pool: "vms", user: "lqx", key: "c2VjcmV0" };
const ceph: Spec = { config: { case: "rbd", value: rbd } };

const nodeIds = (...hosts: number[]) => hosts.map((host) => cluster.host(host).nodeId);

async function declare(spec: Spec, hosts = [0, 1, 2], name = "ceph") {
  const made = await client().createPool({ name, spec: { ...spec, assignedNodeIds: nodeIds(...hosts) } });
  return { id: made.pool?.id ?? "", made };
}

const get = (id: string) => client().getPool({ id });
const task = async (id: string | undefined) => cluster.client(TaskService).getTask({ id: id ?? "" });

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => "ok",
    (error: unknown) => Reason[fromConnectError(error).reason],
  );

test("a pool is declared, opened by its hosts, and its key is told to nobody else", async () => {
  const { id, made } = await declare(ceph);
  expect(made.task?.steps.map(({ name }) => name)).toEqual(["host-1", "host-2", "host-3"]);
  await cluster.settle();
  const pool = await get(id);
  expect(pool.status).toMatchObject({ phase: Phase.READY, errorMessage: "", capabilities: { shared: true } });
  expect(pool.status?.hosts.map(({ phase }) => phase)).toEqual([Phase.READY, Phase.READY, Phase.READY]);
  expect(pool.status?.capacity?.totalBytes).toBeGreaterThan(0n);
  expect((await task(made.task?.id)).state).toBe(Task_State.SUCCEEDED);

  const bytes = [made.pool, pool, cluster.control.db.get(table, id)].map(
    (row) => row && toBinary(StoragePoolSchema, row),
  );
  const told = bytes.map((one) => new TextDecoder().decode(one)).join();
  expect(told).not.toContain("c2VjcmV0");
  const sealed = cluster.control.db.get(poolSecrets, id).sealedSpec;
  expect(new TextDecoder().decode(sealed)).not.toContain("c2VjcmV0");
  for (const { host } of cluster.hosts) {
    expect(new TextDecoder().decode(host.secrets.get(id))).toBe("c2VjcmV0");
  }
  expect(await reasonOf(client().createPool({ name: "ceph", spec: ceph }))).toBe("NAME_TAKEN");
  const lists = await client().listPools({ nodeId: cluster.host(1).nodeId });
  expect(lists.pools.map(({ name }) => name).toSorted()).toEqual(["ceph", "local"]);
});

test("what is wrong with a pool is told by field", async () => {
  const bad = async (spec: Spec) => reasonOf(client().createPool({ name: "x", spec }));
  expect(await bad({})).toBe("INVALID_REQUEST");
  expect(await bad({ ...ceph, ofHost: true })).toBe("INVALID_REQUEST");
  expect(await bad({ ...ceph, thresholds: { warnPercent: 90, stopPercent: 80 } })).toBe("INVALID_REQUEST");
  expect(await bad({ config: { case: "localDir", value: { path: "/srv/../etc" } } })).toBe("INVALID_REQUEST");
  expect(await bad({ ...ceph, assignedNodeIds: ["0198c0de-0000-7000-8000-000000000000"] })).toBe("NOT_FOUND");
});

test("a host that cannot open it makes the pool DEGRADED, none makes it ERROR, and they are told again", async () => {
  const { id } = await declare(ceph, []);
  await cluster.settle();
  expect((await get(id)).status?.phase).toBe(Phase.PENDING);
  const first = await client().assignPoolToNode({ poolId: id, nodeId: cluster.host(0).nodeId });
  await cluster.settle();
  expect((await task(first.task?.id)).state).toBe(Task_State.SUCCEEDED);
  cluster.storages.get(id)?.cutFrom.add("host-2");
  const second = await client().assignPoolToNode({ poolId: id, nodeId: cluster.host(1).nodeId });
  await cluster.settle();
  const failed = await task(second.task?.id);
  expect(failed).toMatchObject({ state: Task_State.FAILED, steps: [{ name: "host-2", state: Task_State.FAILED }] });
  expect((await get(id)).status).toMatchObject({ phase: Phase.DEGRADED });
  expect((await get(id)).status?.errorMessage).toContain("connection timed out");

  cluster.storages.get(id)?.cutFrom.clear();
  await client().reconnectPool({ id });
  await cluster.settle();
  expect((await get(id)).status).toMatchObject({ phase: Phase.READY, errorMessage: "" });
});

test("hosts are told after each start of their daemon, and a host that is away makes the pool DEGRADED", async () => {
  const { id } = await declare(ceph, [0, 1]);
  await cluster.settle();
  cluster.host(0).killDaemon();
  await cluster.clock.advance(10_000);
  await cluster.settle();
  expect((await get(id)).status).toMatchObject({ phase: Phase.DEGRADED });
  await cluster.host(0).startDaemon();
  await cluster.settle();
  expect((await get(id)).status).toMatchObject({ phase: Phase.READY });
  const spec = { disks: [{ sizeGib: 1n, storagePoolId: id }] };
  const { vm } = await cluster.client(VMService).createVM({ name: "a", nodeId: cluster.host(0).nodeId, spec });
  await cluster.settle();
  expect((await cluster.client(VMService).getVM({ id: vm?.id ?? "" })).status?.errorMessage).toBe("");
  expect(cluster.storages.get(id)?.volumes.size).toBe(1);
});

test("a VM goes where its disks' pools are, a shared pool's on any of its hosts", async () => {
  const { id } = await declare(ceph, [1, 2]);
  await cluster.settle();
  const vms = cluster.client(VMService);
  const spec = { memory: { sizeMib: 256n }, disks: [{ sizeGib: 1n, storagePoolId: id }] };
  const chosen = new Set<string>();
  for (const name of ["a", "b", "c", "d"]) {
    const { vm } = await vms.createVM({ name, spec, startOnCreate: true });
    chosen.add(vm?.status?.nodeId ?? "");
    await cluster.settle();
  }
  expect([...chosen].toSorted()).toEqual(nodeIds(1, 2).toSorted());
  expect(await reasonOf(vms.createVM({ name: "e", spec, nodeId: cluster.host(0).nodeId }))).toBe("NO_HOST_FITS");

  const host = cluster.host(1).nodeId;
  expect(await reasonOf(client().unassignPoolFromNode({ poolId: id, nodeId: host }))).toBe("IN_USE");
  for (const { id: vmId } of (await vms.listVMs({ nodeId: host })).vms) {
    await vms.deleteVM({ id: vmId, force: true, keepFor: {} });
  }
  await cluster.settle();
  const { task: asked } = await client().unassignPoolFromNode({ poolId: id, nodeId: host });
  await cluster.settle();
  expect((await task(asked?.id)).state).toBe(Task_State.SUCCEEDED);
  expect((await get(id)).status?.hosts.map(({ nodeId }) => nodeId)).toEqual(nodeIds(2));
});

test("a pool is let go of when it is empty, also by a host that was away", async () => {
  const { id } = await declare(ceph, [0, 1]);
  await cluster.settle();
  const volumes = cluster.client(VolumeService);
  const { volume } = await volumes.createVolume({ name: "v", spec: { storagePoolId: id, sizeBytes: GIB } });
  await cluster.settle();
  await volumes.deleteVolume({ id: volume?.id ?? "" });
  expect(await reasonOf(client().deletePool({ id }))).toBe("POOL_NOT_EMPTY");
  await volumes.deleteVolume({ id: volume?.id ?? "", keepFor: {} });
  await cluster.settle();

  // Its copy of an image is one of several, and not in the way.
  const { image } = await cluster.client(ImageService).createImage({ name: "i", spec: {} });
  await cluster.control.db.transact((tx) =>
    updateImageStatus(tx, cluster.clock, image?.id ?? "", (status) => {
      status.copies.push(create(ImageCopySchema, { storagePoolId: id, cached: true }));
    }),
  );

  cluster.host(0).daemon.link.cut();
  await cluster.clock.advance(10_000);
  const { task: asked } = await client().deletePool({ id });
  await cluster.clock.advance(1000);
  expect((await task(asked?.id)).state).toBe(Task_State.SUCCEEDED);
  expect(cluster.control.db.find(table, id)).toBeUndefined();
  expect(cluster.control.db.find(poolSecrets, id)).toBeUndefined();
  expect((await cluster.client(ImageService).getImage({ id: image?.id ?? "" })).status?.copies).toEqual([]);
  cluster.host(0).daemon.link.heal();
  await cluster.clock.advance(40_000);
  await cluster.settle();
  for (const { daemon } of cluster.hosts) {
    const { pools } = await createClient(NodeDaemonService, daemon.transport()).getNodeInfo({});
    expect(pools.map(({ name }) => name)).toEqual(["local"]);
  }
});

test("new credentials go to the hosts; an old one goes nowhere else", async () => {
  const { id } = await declare(ceph, [0]);
  await cluster.settle();
  const update = (value: Partial<typeof rbd>, paths: string[]) =>
    client().updatePool({
      id,
      spec: { config: { case: "rbd", value: { ...rbd, ...value } } },
      updateMask: { paths },
    });
  expect(await reasonOf(update({ monitors: ["evil:6789"], key: "" }, ["spec.rbd.monitors"]))).toBe("INVALID_REQUEST");
  await update({ monitors: ["mon-2:6789"], key: "b3RoZXI=" }, ["spec.rbd.monitors", "spec.rbd.key"]);
  await cluster.settle();
  expect(new TextDecoder().decode(cluster.host(0).host.secrets.get(id))).toBe("b3RoZXI=");
  expect(await reasonOf(update({}, ["spec.nfs.options"]))).toBe("INVALID_REQUEST");
});

test("a pool that gets full warns once until it is well below its threshold, and stops", async () => {
  const capacity = (usedBytes: bigint) =>
    ({
      $typeName: "limiquantix.storage.v1.PoolCapacity",
      totalBytes: 1000n,
      usedBytes,
      availableBytes: 1000n - usedBytes,
      provisionedBytes: 0n,
    }) as const;
  expect([799n, 800n].map((used) => isNearlyFull(undefined, capacity(used), false))).toEqual([false, true]);
  expect([750n, 749n].map((used) => isNearlyFull(undefined, capacity(used), true))).toEqual([true, false]);

  const { id } = await declare({ ...ceph, thresholds: { warnPercent: 50, stopPercent: 60 } }, [0]);
  await cluster.settle();
  const total = Number((await get(id)).status?.capacity?.totalBytes ?? 0n);
  const volumes = cluster.client(VolumeService);
  const gib = BigInt(Math.ceil((total * 0.61) / 1024 ** 3));
  const spec = { storagePoolId: id, sizeBytes: gib * GIB, provisioning: 2 };
  await volumes.createVolume({ name: "big", spec });
  await cluster.clock.advance(90_000);
  await cluster.settle();
  const { status } = await get(id);
  expect(status).toMatchObject({ nearlyFull: true, phase: Phase.DEGRADED });
  expect(status?.errorMessage).toContain("from 60 % on it takes no new volumes");
  const { events } = await cluster.client(EventService).listEvents({});
  expect(events.filter(({ message }) => message.includes("is nearly full"))).toHaveLength(1);
  expect(await reasonOf(volumes.createVolume({ name: "more", spec: { storagePoolId: id, sizeBytes: GIB } }))).toBe(
    "POOL_FULL",
  );
});

test("the files of a pool are told, and which of them nobody knows", async () => {
  const { id } = await declare(ceph, [0, 1]);
  await cluster.settle();
  const volumes = cluster.client(VolumeService);
  const { volume } = await volumes.createVolume({ name: "v", spec: { storagePoolId: id, sizeBytes: GIB } });
  await cluster.settle();
  const files = await client().listPoolFiles({ poolId: id });
  expect(files.files.map(({ ownerId }) => ownerId)).toContain(volume?.id);
  expect((await client().listPoolFiles({ poolId: id, orphans: true })).files).toEqual([]);
});

test("a host that leaves takes its own pool along and leaves the others", async () => {
  const { id } = await declare(ceph, [0, 1]);
  await cluster.settle();
  const volumes = cluster.client(VolumeService);
  const local = (await client().listPools({ nodeId: cluster.host(0).nodeId })).pools.find(
    ({ name }) => name === "local",
  );
  await volumes.createVolume({ name: "v", spec: { storagePoolId: local?.id ?? "", sizeBytes: GIB } });
  await cluster.settle();
  const nodes = cluster.client(NodeService);
  const node = cluster.host(0).nodeId;
  expect(await reasonOf(nodes.decommissionNode({ id: node }))).toBe("POOL_NOT_EMPTY");
  await nodes.decommissionNode({ id: node, force: true });
  expect((await volumes.listVolumes({ recycled: true })).totalCount).toBe(0);
  expect((await get(id)).spec?.assignedNodeIds).toEqual(nodeIds(1));
  expect(cluster.control.db.find(table, local?.id ?? "")).toBeUndefined();
});

test("an image for a pool that keeps none lies in the host's own", async () => {
  const { id } = await declare(ceph, [0]);
  await cluster.settle();
  expect(await reasonOf(cluster.client(ImageService).createImage({ name: "i", spec: {} }))).toBe("ok");
  expect((await get(id)).status?.capabilities?.images).toBe(false);
});
