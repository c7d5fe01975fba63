import { afterAll, beforeAll, expect, test } from "vitest";
import { libvirtAddress } from "../test/host/fixture.ts";
import { Libvirt, MemoryStatTag, NetworkUpdateCommand, paramsToRecord } from "./index.ts";
import type { DomainRef } from "./index.ts";

/**
 * libvirt's test driver invents a guest with an agent, file systems and leases: real replies, encoded by libvirtd, of
 * calls that a guest without an operating system cannot answer.
 */
let libvirt: Libvirt;
let dom: DomainRef;
beforeAll(async () => {
  libvirt = await Libvirt.connect({ address: libvirtAddress(), uri: "test:///default" });
  ({ dom } = await libvirt.call("DOMAIN_LOOKUP_BY_NAME", { name: "test" }));
});
afterAll(() => libvirt?.close());

test("what a guest's agent tells", async () => {
  const { info } = await libvirt.call("DOMAIN_GET_FSINFO", { dom });
  expect(info).toContainEqual({ mountpoint: "/", name: "vda1", fstype: "ext4", dev_aliases: ["vda"] });
  const { ifaces } = await libvirt.call("DOMAIN_INTERFACE_ADDRESSES", { dom, source: 0 });
  expect(ifaces).toMatchObject([{ name: "testnet0", addrs: [{ type: 0, addr: "192.168.122.3", prefix: 24 }] }]);
  expect(await libvirt.call("DOMAIN_FSFREEZE", { dom })).toEqual({ filesystems: 2 });
  expect(await libvirt.call("DOMAIN_FSTHAW", { dom, mountpoints: [] })).toEqual({ filesystems: 2 });
  await libvirt.call("DOMAIN_FSTRIM", { dom });
  expect((await libvirt.call("DOMAIN_GET_TIME", { dom })).seconds).toBeGreaterThan(0);
  await libvirt.call("DOMAIN_SET_TIME", { dom, seconds: 1_800_000_000 });
  expect(await libvirt.call("DOMAIN_GET_HOSTNAME", { dom })).toEqual({ hostname: "testhost" });
  await libvirt.call("DOMAIN_SET_USER_PASSWORD", { dom, user: "root", password: "x" });
});

test("statistics of CPU, memory, disk and network", async () => {
  const cpu = await libvirt.call("DOMAIN_GET_CPU_STATS", { dom, nparams: 16, start_cpu: -1, ncpus: 1 });
  expect(Object.keys(paramsToRecord(cpu.params))).toEqual(["cpu_time", "user_time", "system_time"]);
  const { stats } = await libvirt.call("DOMAIN_MEMORY_STATS", { dom });
  expect(stats.find(({ tag }) => tag === MemoryStatTag.AVAILABLE)?.val).toBeGreaterThan(0);
  expect(Number((await libvirt.call("DOMAIN_BLOCK_STATS", { dom, path: "vda" })).rd_bytes)).toBeGreaterThan(0);
  const traffic = await libvirt.call("DOMAIN_INTERFACE_STATS", { dom, device: "testnet0" });
  expect(Number(traffic.tx_packets)).toBeGreaterThan(0);
  expect((await libvirt.call("DOMAIN_GET_DISK_ERRORS", { dom })).errors).toEqual([{ disk: "vda", error: 1 }]);
  expect(await libvirt.call("DOMAIN_GET_VCPU_PIN_INFO", { dom, ncpumaps: 2, maplen: 1 })).toMatchObject({ num: 2 });
});

test("parameters of memory and network", async () => {
  const { params } = await libvirt.call("DOMAIN_GET_MEMORY_PARAMETERS", { dom });
  // libvirt's "unlimited", the largest KiB count whose bytes fit in 63 bits.
  expect(paramsToRecord(params)).toMatchObject({ hard_limit: 9_007_199_254_740_991 });
  const device = { dom, device: "testnet0" };
  const limits = [{ field: "inbound.average", type: "uint", value: 1000 }] as const;
  await libvirt.call("DOMAIN_SET_INTERFACE_PARAMETERS", { ...device, params: limits });
  const now = await libvirt.call("DOMAIN_GET_INTERFACE_PARAMETERS", device);
  expect(now.params).toContainEqual(limits[0]);
});

test("a tree of snapshots", async () => {
  const create = (name: string) =>
    libvirt.call("DOMAIN_SNAPSHOT_CREATE_XML", {
      dom,
      xml_desc: `<domainsnapshot><name>${name}</name></domainsnapshot>`,
    });
  const { snap: parent } = await create("s1");
  const { snap: child } = await create("s2");
  expect(await libvirt.call("DOMAIN_SNAPSHOT_CURRENT", { dom })).toEqual({ snap: child });
  expect(await libvirt.call("DOMAIN_SNAPSHOT_GET_PARENT", { snap: child })).toEqual({ snap: parent });
  const { snapshots } = await libvirt.call("DOMAIN_SNAPSHOT_LIST_ALL_CHILDREN", { snapshot: parent });
  expect(snapshots).toEqual([child]);
  await libvirt.call("DOMAIN_REVERT_TO_SNAPSHOT", { snap: parent });
  expect(await libvirt.call("DOMAIN_SNAPSHOT_LOOKUP_BY_NAME", { dom, name: "s2" })).toEqual({ snap: child });
  for (const snap of [child, parent]) await libvirt.call("DOMAIN_SNAPSHOT_DELETE", { snap });
  expect(await libvirt.call("DOMAIN_HAS_CURRENT_SNAPSHOT", { dom })).toEqual({ result: false });
});

test("networks, pools, host devices and CPUs", async () => {
  const { net } = await libvirt.call("NETWORK_LOOKUP_BY_NAME", { name: "default" });
  expect(await libvirt.call("NETWORK_GET_BRIDGE_NAME", { net })).toEqual({ name: "virbr0" });
  const xml = "<host mac='52:54:00:00:00:01' ip='192.168.122.5'/>";
  const DHCP_HOST = 4;
  await libvirt.call("NETWORK_UPDATE", { net, command: NetworkUpdateCommand.ADD_LAST, section: DHCP_HOST, xml });
  expect((await libvirt.call("NETWORK_GET_XML_DESC", { net })).xml).toContain("192.168.122.5");
  const { pools } = await libvirt.call("CONNECT_LIST_ALL_STORAGE_POOLS");
  expect(pools).toMatchObject([{ name: "default-pool" }]);
  const { devices } = await libvirt.call("CONNECT_LIST_ALL_NODE_DEVICES");
  expect(devices).toContainEqual({ name: "computer" });
  expect((await libvirt.call("NODE_DEVICE_GET_XML_DESC", { name: "computer" })).xml).toContain("<device>");
  expect(await libvirt.call("NODE_GET_CPU_MAP")).toMatchObject({ cpumap: Uint8Array.of(0x15), online: 3, ret: 8 });
  const cells = await libvirt.call("NODE_GET_CELLS_FREE_MEMORY", { startCell: 0, maxcells: 2 });
  expect(cells).toEqual({ cells: [2_097_152, 4_194_304] });
  expect((await libvirt.call("CONNECT_GET_CPU_MODEL_NAMES", { arch: "x86_64" })).models).toContain("qemu64");
});
