import { dirname, join } from "node:path";
import { systemClock, type Log } from "@limiquantix/kit";
import { LibvirtHypervisor, LibvirtNetworks, LinuxHostFacts, LocalVolumes } from "@limiquantix/drivers";
import type { Config } from "./config.ts";
import type { Drivers } from "./sim.ts";

/** Holds the leases, and the host's own id where the system gave it none. */
const STATE_DIRECTORY = "/var/lib/limiquantix";
const POOL = "local";

/** This machine's libvirt, a pool in a directory, NAT networks. Throws when libvirt does not answer. */
export async function openLibvirt(config: Config, log: Log): Promise<Drivers> {
  const { libvirtSocket, poolPath, registration, dataDirectory } = config;
  const parts = { clock: systemClock, log };
  const hypervisor = await LibvirtHypervisor.connect({
    ...parts,
    socket: libvirtSocket,
    // virtlockd listens beside libvirtd.
    leases: { directory: STATE_DIRECTORY, virtlockdSocket: join(dirname(libvirtSocket), "virtlockd-sock") },
  });
  const { accelerator, acceleratorReason, version, emulatorVersion } = hypervisor.info;
  log.info("libvirt answers", { version, emulatorVersion, accelerator, acceleratorReason });
  const volumes = await LocalVolumes.open({ ...parts, pool: POOL, root: poolPath });
  const facts = await LinuxHostFacts.read({
    clock: systemClock,
    machineIdFile: join(dataDirectory ?? STATE_DIRECTORY, "machine-id"),
    controlPlaneUrl: registration?.controlPlane.href,
  });
  return {
    hypervisor,
    volumes: new Map([[POOL, volumes]]),
    network: new LibvirtNetworks({ connection: hypervisor.connection, log }),
    facts,
    [Symbol.asyncDispose]: () => hypervisor[Symbol.asyncDispose](),
  };
}
