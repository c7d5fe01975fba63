import { create } from "@bufbuild/protobuf";
import { VirtualNetworkSpec_Type, VirtualNetworkSpecSchema, VmSpecSchema } from "@limiquantix/api";
import { EnsureNetworkRequestSchema } from "@limiquantix/api/daemon";
import { GIB, newId, silentLog } from "@limiquantix/kit";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { LibvirtNetworks } from "./libvirt-network/libvirt-networks.ts";
import { eventually, labHypervisor } from "./testing/lab.ts";
import { labPool, tinyImage } from "./testing/lab-pool.ts";

const run = promisify(execFile);

it("boots a guest from an image with a seed, which gets an address and answers SSH", { timeout: 240_000 }, async () => {
  const hypervisor = await labHypervisor();
  const pool = await labPool();
  const networks = new LibvirtNetworks({ connection: hypervisor.connection, log: silentLog });
  const [vmId, networkId, macAddress] = [newId(), newId(), "52:54:00:aa:bb:cc"];
  onTestFinished(async () => {
    await hypervisor.stop(vmId, "cut");
    await hypervisor.undefine(vmId);
    await run("virsh", ["net-destroy", networkId]);
    await run("virsh", ["net-undefine", networkId]);
    await hypervisor[Symbol.asyncDispose]();
  });

  const netSpec = create(VirtualNetworkSpecSchema, { type: VirtualNetworkSpec_Type.NAT });
  await networks.ensureNetwork(create(EnsureNetworkRequestSchema, { networkId, name: "default", spec: netSpec }));
  const { bridge } = await networks.ensurePort({ networkId, vmId, nicId: newId(), macAddress, hostname: "first" });
  expect(await networks.leases(networkId)).toEqual([]);
  const stop = new AbortController();
  const changed: string[] = [];
  const watching = (async () => {
    for await (const id of networks.watchLeases(stop.signal)) changed.push(id);
  })();

  const volumeId = newId();
  await pool.ensureVolume({
    volumeId,
    sizeBytes: 4 * GIB,
    thick: false,
    from: { kind: "image", image: await tinyImage(pool) },
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  const source = await pool.attach(volumeId);
  const seed = new Map([
    ["user-data", "#cloud-config\nhostname: first\n"],
    ["meta-data", `instance-id: ${vmId}\nlocal-hostname: first\n`],
  ]);
  const spec = create(VmSpecSchema, {
    cpu: { cores: 1 },
    memory: { sizeMib: 256n },
    disks: [{ id: newId() }],
    nics: [{ id: newId(), macAddress }],
  });
  await hypervisor.define({
    vmId,
    name: "first",
    mark: { generation: 1, reboots: 0, reverts: 0, spec, adopted: false },
    spec,
    disks: spec.disks.map((disk) => ({ disk, source })),
    cdroms: [],
    nics: spec.nics.map((nic) => ({ nic, bridge })),
    seed: await pool.ensureSeed(vmId, seed),
  });
  await hypervisor.start(vmId);

  const lease = await eventually("the lease", async () => (await networks.leases(networkId))[0]);
  expect(lease).toMatchObject({ networkId, macAddress, ipAddress: expect.stringMatching(/^10\.77\./) });
  await eventually("the word of the lease", async () => changed.includes(networkId));
  expect(await eventually("SSH", () => banner(lease.ipAddress))).toMatch(/^SSH-2\.0-/);
  await eventually("its name", async () => (await networks.leases(networkId))[0]?.hostname === "first");
  stop.abort();
  await watching;
});

async function banner(host: string): Promise<string | undefined> {
  const socket = connect({ host, port: 22, timeout: 2000 });
  try {
    const [data] = (await once(socket, "data")) as [Buffer];
    return data.toString("latin1");
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
