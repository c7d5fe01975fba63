import { StoragePoolService, StoragePoolStatus_Phase, VirtualNetworkService, VMService } from "@limiquantix/api";
import { createCluster, type Cluster } from "@limiquantix/sim";
import { afterEach, beforeEach, expect, test } from "vitest";

let cluster: Cluster;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 2 });
});

afterEach(() => cluster.stop());

test("the default network is there from the first start, once", async () => {
  const api = cluster.client(VirtualNetworkService);
  await cluster.control.stop();
  await cluster.control.start();
  const { networks, totalCount } = await api.listNetworks({});
  expect(totalCount).toBe(1);
  expect(networks[0]).toMatchObject({ name: "default", spec: { ipConfig: { dhcp: true } } });
  expect(await api.getNetwork({ id: networks[0]?.id ?? "" })).toMatchObject({ name: "default" });
});

test("leases of all hosts are listed, each with its VM", async () => {
  const vms = cluster.client(VMService);
  const spec = { cpu: { cores: 1 }, memory: { sizeMib: 256n }, disks: [{ sizeGib: 1n }] };
  const made = await Promise.all(
    cluster.hosts.map(({ nodeId, name }) => vms.createVM({ name, nodeId, spec, startOnCreate: true })),
  );
  await cluster.settle();
  const api = cluster.client(VirtualNetworkService);
  const networkId = (await api.listNetworks({})).networks[0]?.id ?? "";
  const { leases } = await api.listLeases({ networkId });
  expect(leases.map((lease) => [lease.nodeId, lease.vmId]).toSorted()).toEqual(
    made.map(({ vm }, i) => [cluster.host(i).nodeId, vm?.id]).toSorted(),
  );
  const { vm } = made[0] ?? {};
  const status = (await vms.getVM({ id: vm?.id ?? "" })).status;
  expect(leases.find((lease) => lease.vmId === vm?.id)?.ipAddress).toBe(status?.ipAddresses[0]);
  cluster.host(1).cutNetwork();
  await cluster.clock.advance(10_000);
  expect((await api.listLeases({ networkId })).leases.map((lease) => lease.nodeId)).toEqual([cluster.host(0).nodeId]);
});

test("each host's pools are listed, with what they hold", async () => {
  const api = cluster.client(StoragePoolService);
  const { pools } = await api.listPools({});
  expect(pools.map((pool) => [pool.name, pool.status?.phase])).toEqual([
    ["local", StoragePoolStatus_Phase.READY],
    ["local", StoragePoolStatus_Phase.READY],
  ]);
  const { nodeId } = cluster.host(1);
  const mine = await api.listPools({ nodeId });
  expect(mine.pools.map((pool) => pool.spec?.assignedNodeIds)).toEqual([[nodeId]]);
  const first = await api.listPools({ pageSize: 1 });
  const second = await api.listPools({ pageSize: 1, pageToken: first.nextPageToken });
  expect([...first.pools, ...second.pools].map((pool) => pool.id)).toEqual(pools.map((pool) => pool.id));
  expect(second.nextPageToken).toBe("");
});
