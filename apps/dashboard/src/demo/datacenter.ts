import { VMService } from "@limiquantix/api";
import { FakeClock } from "@limiquantix/kit";
import { createCluster } from "@limiquantix/sim";
import { Connection } from "../api/connection.ts";

export interface Datacenter {
  connection: Connection;
  stop: () => Promise<void>;
}

const tickMs = 100;

/** Hosts, clusters and 500 VMs under a clock that keeps step with the wall's. */
export async function startDatacenter(): Promise<Datacenter> {
  const clock = new FakeClock();
  const cluster = await createCluster({ nodes: 12, clock });
  const vms = cluster.client(VMService);
  for (let i = 1; i <= 500; i++) {
    await vms.createVM({
      name: `web-${i}`,
      startOnCreate: i % 5 !== 0,
      spec: { cpu: { cores: 1 }, memory: { sizeMib: 1024n } },
    });
  }
  const timer = setInterval(() => void clock.advance(tickMs), tickMs);
  return {
    connection: new Connection(cluster.control.transport),
    async stop() {
      clearInterval(timer);
      await cluster.stop();
    },
  };
}
