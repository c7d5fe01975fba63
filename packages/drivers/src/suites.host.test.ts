import { GIB, newId, silentLog, systemClock } from "@limiquantix/kit";
import { hypervisorSuite, networkSuite, volumeSuite } from "@limiquantix/node/suites";
import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { LibvirtConnection } from "@limiquantix/libvirt";
import { LibvirtNetworks } from "./libvirt-network/libvirt-networks.ts";
import { DiskFiles } from "./testing/disk-files.ts";
import { labHypervisor, labPool, labSocket } from "./testing/lab.ts";

const run = promisify(execFile);

volumeSuite("local directory", async () => ({
  backend: await labPool(),
  async qcow2(virtualSizeBytes) {
    const path = join(tmpdir(), `lqx-${newId()}.qcow2`);
    await run("qemu-img", ["create", "-q", "-f", "qcow2", path, String(virtualSizeBytes)]);
    const content = new Uint8Array(await readFile(path));
    await rm(path);
    return content;
  },
  close: async () => {},
}));

hypervisorSuite("libvirt", async () => {
  const [hypervisor, disks] = [await labHypervisor(), await DiskFiles.make()];
  return {
    hypervisor,
    makeVolume: () => disks.empty(GIB),
    makeLayer: (below) => disks.layer(below),
    memoryPath: () => disks.path("memory"),
    memoryMib: 64,
    timeoutMs: 20_000,
    close: () => hypervisor[Symbol.asyncDispose](),
  };
});

networkSuite("libvirt", async () => {
  const connection = new LibvirtConnection({ address: { socket: labSocket() }, clock: systemClock, log: silentLog });
  await connection.connected();
  return {
    network: new LibvirtNetworks({ connection, log: silentLog }),
    async close() {
      const { nets } = await connection.call("CONNECT_LIST_ALL_NETWORKS", {});
      for (const net of nets) {
        if ((await connection.call("NETWORK_IS_ACTIVE", { net })).active)
          await connection.call("NETWORK_DESTROY", { net });
        await connection.call("NETWORK_UNDEFINE", { net });
      }
      await connection[Symbol.asyncDispose]();
    },
  };
});
