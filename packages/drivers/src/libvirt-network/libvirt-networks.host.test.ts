import { create } from "@bufbuild/protobuf";
import { Reason, VirtualNetworkSpec_Type, VirtualNetworkSpecSchema } from "@limiquantix/api";
import { EnsureNetworkRequestSchema } from "@limiquantix/api/daemon";
import { newId, silentLog, systemClock } from "@limiquantix/kit";
import { LibvirtConnection } from "@limiquantix/libvirt";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labSocket } from "../testing/lab.ts";
import { LibvirtNetworks } from "./libvirt-networks.ts";

const run = promisify(execFile);
let connection: LibvirtConnection;
let networks: LibvirtNetworks;
const made = new Set<string>();

beforeAll(async () => {
  connection = new LibvirtConnection({ address: { socket: labSocket() }, clock: systemClock, log: silentLog });
  await connection.connected();
  networks = new LibvirtNetworks({ connection, log: silentLog });
});
afterAll(async () => {
  for (const id of made) await run("sh", ["-c", 'virsh net-destroy "$0"; virsh net-undefine "$0"', id]).catch(() => {});
  await connection[Symbol.asyncDispose]();
});

function request(
  type: VirtualNetworkSpec_Type,
  ipConfig?: { ipv4Subnet?: string; dhcp?: boolean },
  networkId = newId(),
) {
  made.add(networkId);
  const spec = create(VirtualNetworkSpecSchema, { type, ipConfig });
  return create(EnsureNetworkRequestSchema, { networkId, name: "net", spec });
}
const port = (networkId: string) => ({ networkId, vmId: newId(), nicId: newId(), macAddress: "", hostname: "" });

describe("LibvirtNetworks", () => {
  it("makes NAT networks on subnets that are free, and keeps them", async () => {
    const [one, two] = [request(VirtualNetworkSpec_Type.NAT), request(VirtualNetworkSpec_Type.NAT)];
    const [a, b] = await Promise.all([networks.ensureNetwork(one), networks.ensureNetwork(two)]);
    expect(a).toMatchObject({ ready: true, bridge: `lqx${one.networkId.slice(-8)}` });
    expect(a.ipv4Subnet).toMatch(/^10\.77\.\d+\.0\/24$/);
    expect(b.ipv4Subnet).not.toBe(a.ipv4Subnet);
    expect(await networks.ensureNetwork(one)).toEqual(a);
    expect(await networks.ensurePort(port(one.networkId))).toEqual({ bridge: a.bridge });

    await run("virsh", ["net-destroy", one.networkId]);
    await expect(networks.ensurePort(port(one.networkId))).rejects.toMatchObject({
      reason: Reason.NETWORK_UNAVAILABLE,
    });
    const again = new LibvirtNetworks({ connection, log: silentLog });
    expect(await again.ensureNetwork(one)).toEqual(a);
    const info = (await run("virsh", ["net-info", one.networkId])).stdout;
    expect(info).toMatch(/Active:\s+yes/);
    expect(info).toMatch(/Autostart:\s+yes/);
  });

  it("makes isolated networks, with and without addresses", async () => {
    const bare = await networks.ensureNetwork(request(VirtualNetworkSpec_Type.ISOLATED));
    expect(bare).toMatchObject({ ready: true, ipv4Subnet: "" });
    const served = request(VirtualNetworkSpec_Type.ISOLATED, { ipv4Subnet: "10.99.1.0/24", dhcp: true });
    expect(await networks.ensureNetwork(served)).toMatchObject({ ipv4Gateway: "10.99.1.1" });
    expect((await run("virsh", ["net-dumpxml", served.networkId])).stdout).not.toContain("<forward");
  });

  it("changes a network that nobody uses, and not under a guest", async () => {
    const first = request(VirtualNetworkSpec_Type.NAT, { ipv4Subnet: "10.98.1.0/24" });
    const { bridge } = await networks.ensureNetwork(first);
    const moved = request(VirtualNetworkSpec_Type.NAT, { ipv4Subnet: "10.98.2.0/24" }, first.networkId);
    expect(await networks.ensureNetwork(moved)).toMatchObject({ ipv4Gateway: "10.98.2.1", errorMessage: "" });
    expect((await run("ip", ["-4", "addr", "show", bridge])).stdout).toContain("10.98.2.1/24");
    await run("ip", ["link", "add", "lqxport0", "type", "veth", "peer", "name", "lqxport1"]);
    await run("ip", ["link", "set", "lqxport0", "master", bridge]);
    expect((await networks.ensureNetwork(first)).errorMessage).toMatch(/when no VM uses/);
    expect((await run("ip", ["-4", "addr", "show", bridge])).stdout).toContain("10.98.2.1/24");
    await run("ip", ["link", "del", "lqxport0"]);
  });

  it("refuses what it cannot make, with the reason", async () => {
    const overlay = networks.ensureNetwork(request(VirtualNetworkSpec_Type.OVERLAY));
    await expect(overlay).rejects.toMatchObject({ reason: Reason.UNSUPPORTED });
    const taken = networks.ensureNetwork(request(VirtualNetworkSpec_Type.NAT, { ipv4Subnet: "10.213.0.0/16" }));
    await expect(taken).rejects.toMatchObject({
      reason: Reason.NETWORK_UNAVAILABLE,
      message: expect.stringContaining("10.213.0.0/24"),
    });
    await expect(networks.ensurePort(port(newId()))).rejects.toMatchObject({ reason: Reason.NETWORK_UNAVAILABLE });
  });
});
