import { create } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import {
  fromConnectError,
  NodeService,
  ProjectService,
  Reason,
  StoragePoolService,
  TaskService,
  VMService,
  VmStatus_PowerState as State,
  VolumeService,
  VolumeStatus_Phase as Phase,
} from "@limiquantix/api";
import { UserRowSchema } from "@limiquantix/api/rows";
import { recycledVms, users, volumes as volumeTable } from "@limiquantix/control";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCluster, type Cluster } from "./cluster.ts";
import { leftovers } from "./testing/leftovers.ts";

const hourMs = 3600_000;

let cluster: Cluster;
let vms: Client<typeof VMService>;
let volumes: Client<typeof VolumeService>;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 2 });
  vms = cluster.client(VMService);
  volumes = cluster.client(VolumeService);
});

afterEach(async () => {
  expect(leftovers(cluster)).toEqual([]);
  await cluster.stop();
});

test("a deleted VM is gone from its host, and comes back with what was on its disks and its snapshots", async () => {
  const id = await made("web-1");
  await vms.startVM({ id });
  await cluster.settle();
  const before = await vms.getVM({ id });
  host(before.status?.nodeId).write(id, before.spec?.disks[0]?.id ?? "", 0, "kept");
  const { snapshot } = await vms.createSnapshot({ vmId: id, name: "one" });
  await cluster.settle();
  const grace = cluster.user("grace");
  const user = create(UserRowSchema, { id: grace.id, user: { id: grace.id, name: grace.name } });
  await cluster.control.db.transact((tx) => tx.insert(users, user));
  await grace.allow("vm-user", { kind: "vm", id });
  await deleted(id);
  expect((await failure(vms.getVM({ id }))).reason).toBe(Reason.NOT_FOUND);
  expect(cluster.hosts.flatMap(({ host }) => [...host.domains.keys()])).toEqual([]);
  expect((await vms.listVMs({})).vms).toEqual([]);
  const { vms: bin } = await vms.listRecycledVMs({});
  expect(bin).toMatchObject([{ vm: { id, name: "web-1" }, deletedBy: "dev" }]);
  expect(Number(bin[0]?.purgeAt?.seconds) - Number(bin[0]?.deletedAt?.seconds)).toBe(24 * 3600);
  expect((await grace.client(VMService).listRecycledVMs({})).totalCount).toBe(1);
  expect((await cluster.user("eve").client(VMService).listRecycledVMs({})).totalCount).toBe(0);
  const [volume] = (await volumes.listVolumes({ recycled: true })).volumes;
  expect(volume?.status).toMatchObject({ phase: Phase.RECYCLED, attachedVmId: id });
  expect((await failure(volumes.restoreVolume({ id: volume?.id ?? "" }))).message).toContain(
    "VM web-1 in the recycle bin",
  );

  // The name is free meanwhile.
  const other = await made("web-1");
  expect(await failure(vms.restoreVM({ id }))).toMatchObject({ reason: Reason.NAME_TAKEN });
  await vms.updateVM({ id: other, name: "web-2", updateMask: { paths: ["name"] } });
  const { task } = await vms.restoreVM({ id });
  await cluster.settle();
  expect((await cluster.client(TaskService).getTask({ id: task?.id ?? "" })).error).toBeUndefined();
  const after = await vms.getVM({ id });
  expect(after).toMatchObject({ name: "web-1", currentSnapshotId: snapshot?.id });
  expect(after.status?.state).toBe(State.STOPPED);
  expect((await vms.listSnapshots({ vmId: id })).snapshots.map(({ name }) => name)).toEqual(["one"]);
  expect(host(after.status?.nodeId).volumes.get(volume?.id ?? "")?.content).toMatch(/ 0=kept$/);
  expect((await volumes.getVolume({ id: volume?.id ?? "" })).status?.phase).toBe(Phase.ATTACHED);
  expect((await grace.client(VMService).getVM({ id })).id).toBe(id);
  await vms.startVM({ id });
  await cluster.settle();
  expect((await vms.getVM({ id })).status?.state).toBe(State.RUNNING);
  await vms.revertToSnapshot({ vmId: id, snapshotId: snapshot?.id ?? "" });
  await cluster.settle();
});

test("when its time is over it goes for good; PurgeVM ends it at once, and keep_for 0 lets it never begin", async () => {
  const [first, second, third] = [await made("one"), await made("two"), await made("three")];
  await deleted(first, 1);
  await deleted(second, 48);
  await deleted(third, 0);
  expect((await vms.listRecycledVMs({})).vms.map(({ vm }) => vm?.name)).toEqual(["one", "two"]);
  await cluster.clock.advance(hourMs + 1000);
  await cluster.settle();
  expect((await vms.listRecycledVMs({})).vms.map(({ vm }) => vm?.name)).toEqual(["two"]);
  await vms.purgeVM({ id: second });
  await cluster.settle();
  expect([...cluster.control.db.all(recycledVms), ...cluster.control.db.all(volumeTable)]).toEqual([]);
  expect(cluster.hosts.flatMap(({ host }) => [...host.volumes.keys()])).toEqual([]);
  for (const call of [vms.purgeVM({ id: second }), vms.restoreVM({ id: second })]) {
    expect((await failure(call)).reason).toBe(Reason.NOT_FOUND);
  }
});

test("what is in the bin counts its storage; a project with something there is not empty", async () => {
  const projects = cluster.client(ProjectService);
  const { id: projectId } = await projects.createProject({ name: "lab", quota: { vms: 1, storageGib: 1n } });
  const id = await made("web-1", { projectId });
  await deleted(id);
  expect((await projects.getProject({ id: projectId })).usage).toMatchObject({ vms: 0, storageGib: 1n });
  expect((await failure(made("web-2", { projectId }))).reason).toBe(Reason.QUOTA_EXCEEDED);
  expect((await failure(projects.deleteProject({ id: projectId }))).message).toContain("recycle bin");
  await vms.purgeVM({ id });
  await cluster.settle();
  expect((await projects.getProject({ id: projectId })).usage).toMatchObject({ vms: 0, storageGib: 0n });
});

test("deleted by force while its host was away, it is brought back before or after the host is back", async () => {
  for (const early of [true, false]) {
    const id = await made(`web-${early}`);
    const node = (await vms.getVM({ id })).status?.nodeId;
    await vms.startVM({ id });
    await cluster.settle();
    const found = cluster.hosts.find(({ nodeId }) => nodeId === node);
    found?.cutNetwork();
    await cluster.until(async () => (await vms.getVM({ id })).status?.state === State.LOST);
    await vms.deleteVM({ id, force: true });
    await cluster.until(() => cluster.control.db.find(recycledVms, id) !== undefined);
    if (!early) {
      found?.healNetwork();
      await cluster.settle();
      expect(found?.host.domains.size).toBe(0);
    }
    await vms.restoreVM({ id });
    found?.healNetwork();
    await cluster.settle();
    expect((await vms.getVM({ id })).status?.state).toBe(State.STOPPED);
    await deleted(id, 0);
  }
});

test("of a host that is gone, what lies on shared storage is brought back elsewhere, and the rest is refused", async () => {
  const { pool } = await cluster.client(StoragePoolService).createPool({
    name: "ceph",
    spec: {
      assignedNodeIds: cluster.hosts.map(({ nodeId }) => nodeId),
      config: { case: "rbd", value: { monitors: ["a:6789"], pool: "rbd" } },
    },
  });
  await cluster.settle();
  const shared = await made("shared", { storagePoolId: pool?.id ?? "", nodeId: cluster.host(0).nodeId });
  const local = await made("local", { nodeId: cluster.host(0).nodeId });
  await vms.startVM({ id: shared });
  await cluster.settle();
  const { snapshot } = await vms.createSnapshot({ vmId: shared, name: "live", includeMemory: true });
  await cluster.settle();
  await deleted(shared);
  await deleted(local);
  const gone = cluster.host(0);
  gone.powerOff();
  await cluster.clock.advance(60_000);
  await cluster.client(NodeService).decommissionNode({ id: gone.nodeId, force: true });
  await vms.restoreVM({ id: shared });
  await cluster.until(async () => (await vms.getVM({ id: shared })).status?.state === State.STOPPED);
  expect((await vms.getVM({ id: shared })).status?.nodeId).toBe(cluster.host(1).nodeId);
  const memory = await failure(vms.revertToSnapshot({ vmId: shared, snapshotId: snapshot?.id ?? "" }));
  expect([memory.reason, memory.message]).toEqual([Reason.UNSUPPORTED, expect.stringContaining("clone the VM")]);
  const refused = await failure(vms.restoreVM({ id: local }));
  expect([refused.reason, refused.message]).toEqual([Reason.POOL_UNAVAILABLE, expect.stringContaining("purge the VM")]);
  await vms.purgeVM({ id: local });
  await cluster.until(() => cluster.control.db.by(volumeTable, "vm", local).length === 0);
  await vms.startVM({ id: shared });
  await cluster.until(async () => (await vms.getVM({ id: shared })).status?.state === State.RUNNING);
  gone.host.volumes.clear();
});

async function made(
  name: string,
  more: { projectId?: string; nodeId?: string; storagePoolId?: string } = {},
): Promise<string> {
  const { storagePoolId = "", ...request } = more;
  const { vm } = await vms.createVM({
    name,
    ...request,
    spec: { cpu: { cores: 1 }, disks: [{ sizeGib: 1n, storagePoolId }], nics: [{}] },
  });
  await cluster.settle();
  return vm?.id ?? "";
}

async function deleted(id: string, hours?: number): Promise<void> {
  await vms.deleteVM({
    id,
    force: true,
    ...(hours === undefined ? {} : { keepFor: { seconds: BigInt(hours * 3600) } }),
  });
  await cluster.settle();
}

function host(nodeId: string | undefined) {
  const found = cluster.hosts.find((one) => one.nodeId === nodeId);
  if (!found) throw new Error("there is no such host");
  return found.host;
}

async function failure(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    return fromConnectError(error);
  }
  throw new Error("it was not refused");
}
