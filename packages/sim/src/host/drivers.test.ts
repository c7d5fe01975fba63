import { FakeClock } from "@limiquantix/kit";
import { hypervisorSuite, networkSuite, volumeSuite } from "@limiquantix/node/suites";
import { newId } from "@limiquantix/kit";
import { Lifetime } from "../lifetime.ts";
import { simDrivers } from "./sim-drivers.ts";
import { SimHost } from "./sim-host.ts";

hypervisorSuite("sim", async () => {
  const { hypervisor, volumes } = drivers();
  return {
    hypervisor,
    makeVolume: () =>
      pool(volumes).ensureVolume({ volumeId: newId(), sizeBytes: 1024 ** 3, imageId: "", thick: false }),
    memoryMib: 256,
    timeoutMs: 1000,
    close: async () => {},
  };
});

networkSuite("sim", async () => ({ network: drivers().network, close: async () => {} }));

volumeSuite("sim", async () => ({
  backend: pool(drivers().volumes),
  qcow2: async (virtualSizeBytes) => emptyQcow2(virtualSizeBytes),
  close: async () => {},
}));

function drivers() {
  const clock = new FakeClock();
  const host = new SimHost({ name: "host-1", clock });
  // Here nobody turns the clock.
  host.copyMs = 0;
  return simDrivers(host, new Lifetime(clock));
}

function pool(volumes: ReturnType<typeof drivers>["volumes"]) {
  const [backend] = volumes.values();
  if (!backend) throw new Error("the simulated host has no pool");
  return backend;
}

/** Header, refcount table, refcount block and L1 table, a cluster of 64 KiB each (QEMU docs/interop/qcow2.rst). */
function emptyQcow2(virtualSizeBytes: number): Uint8Array {
  const cluster = 65_536;
  const file = new Uint8Array(4 * cluster);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x514649fb);
  view.setUint32(4, 2);
  view.setUint32(20, 16);
  view.setBigUint64(24, BigInt(virtualSizeBytes));
  view.setUint32(36, 1);
  view.setBigUint64(40, BigInt(3 * cluster));
  view.setBigUint64(48, BigInt(cluster));
  view.setUint32(56, 1);
  return file;
}
