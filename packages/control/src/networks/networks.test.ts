import {
  NodeService,
  StoragePoolService,
  StoragePoolStatus_Phase,
  VirtualNetworkService,
  VirtualNetworkSpec_Type,
  VirtualNetworkStatus_Phase,
  VMService,
} from "@limiquantix/api";
import { createCluster, type Cluster } from "@limiquantix/sim";
import { networks as networkTable } from "../tables.ts";
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

test("what each host made of a network is shown, and nothing is written again for it", async () => {
  const api = cluster.client(VirtualNetworkService);
  const vms = cluster.client(VMService);
  const only = async () => {
    const { networks } = await api.listNetworks({});
    if (!networks[0]) throw new Error("there is no network");
    return networks[0];
  };
  expect((await only()).status).toMatchObject({ phase: VirtualNetworkStatus_Phase.PENDING, hosts: [] });
  const spec = { cpu: { cores: 1 }, memory: { sizeMib: 256n } };
  const { nodeId, host } = cluster.host(0);
  await vms.createVM({ name: "one", nodeId, spec, startOnCreate: true });
  await cluster.settle();
  const made = await only();
  expect(made.status).toMatchObject({ phase: VirtualNetworkStatus_Phase.READY, errorMessage: "" });
  const bridge = host.networks.get(made.id)?.bridge;
  expect(made.status?.hosts).toMatchObject([
    { networkId: made.id, nodeId, bridge: bridge?.bridge, ipv4Subnet: bridge?.ipv4Subnet, ready: true },
  ]);

  await vms.createVM({ name: "two", nodeId, spec, startOnCreate: true });
  await cluster.settle();
  cluster.host(0).cutNetwork();
  await cluster.clock.advance(10_000);
  cluster.host(0).healNetwork();
  await cluster.clock.advance(10_000);
  cluster.host(0).killDaemon();
  await cluster.host(0).startDaemon();
  await cluster.settle();
  expect((await only()).revision).toBe(made.revision);

  const other = cluster.host(1);
  await vms.createVM({ name: "three", nodeId: other.nodeId, spec, startOnCreate: true });
  await cluster.settle();
  expect((await only()).status?.hosts.map((one) => one.nodeId)).toEqual([nodeId, other.nodeId].toSorted());
  await cluster.client(NodeService).decommissionNode({ id: other.nodeId, force: true });
  expect((await only()).status?.hosts.map((one) => one.nodeId)).toEqual([nodeId]);
});

test("a host that cannot make a network says why", async () => {
  const api = cluster.client(VirtualNetworkService);
  const { host, nodeId } = cluster.host(0);
  const network = (await api.listNetworks({})).networks[0];
  const id = network?.id ?? "";
  await cluster.control.db.transact((tx) =>
    tx.update(networkTable, id, (copy) => {
      if (copy.spec) copy.spec.type = VirtualNetworkSpec_Type.VLAN;
    }),
  );
  const spec = { cpu: { cores: 1 }, memory: { sizeMib: 256n } };
  await cluster.client(VMService).createVM({ name: "one", nodeId, spec, startOnCreate: true });
  await cluster.settle();
  const status = (await api.getNetwork({ id })).status;
  expect(status?.phase).toBe(VirtualNetworkStatus_Phase.ERROR);
  expect(status?.hosts).toMatchObject([{ nodeId, networkId: id, ready: false, bridge: "" }]);
  expect(status?.errorMessage).toContain("a network of type VLAN is not supported here");
  expect(host.networks.size).toBe(0);
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

test("of a network that many share, everybody sees the leases of their own VMs", async () => {
  const vms = cluster.client(VMService);
  const spec = { cpu: { cores: 1 }, memory: { sizeMib: 256n }, disks: [{ sizeGib: 1n }] };
  const made = await Promise.all(["mine", "theirs"].map((name) => vms.createVM({ name, spec, startOnCreate: true })));
  await cluster.settle();
  const [mine] = made.map(({ vm }) => vm?.id ?? "");
  const ada = cluster.user("ada");
  const api = ada.client(VirtualNetworkService);
  expect((await api.listNetworks({})).totalCount).toBe(0);
  const networkId = (await cluster.client(VirtualNetworkService).listNetworks({})).networks[0]?.id ?? "";
  await ada.allow("consumer", { kind: "network", id: networkId });
  await ada.allow("vm-user", { kind: "vm", id: mine ?? "" });
  expect((await api.listLeases({ networkId })).leases.map(({ vmId }) => vmId)).toEqual([mine]);
});
