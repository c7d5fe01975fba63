import { GIB, silentLog, systemClock } from "@limiquantix/kit";
import { hypervisorSuite, networkSuite } from "@limiquantix/node/suites";
import { LibvirtConnection } from "@limiquantix/libvirt";
import { LibvirtNetworks } from "./libvirt-network/libvirt-networks.ts";
import { DiskFiles } from "./testing/disk-files.ts";
import { labHypervisor, labSocket } from "./testing/lab.ts";

hypervisorSuite("libvirt", async () => {
  const [hypervisor, disks] = [await labHypervisor(), await DiskFiles.make()];
  return {
    hypervisor,
    makeVolume: () => disks.empty(GIB),
    makeLayer: (below) => disks.layer(below),
    memoryPath: () => disks.path("memory"),
    memoryMib: 64,
    timeoutMs: 20_000,
    async close() {
      await hypervisor[Symbol.asyncDispose]();
      await disks[Symbol.asyncDispose]();
    },
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
