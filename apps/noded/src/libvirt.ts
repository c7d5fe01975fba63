import { access } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LibvirtHypervisor, LibvirtNetworks, FilePool, type LeaseOptions } from "@limiquantix/drivers";
import { systemClock, type Log } from "@limiquantix/kit";
import { VmStatus_PowerState as State } from "@limiquantix/api";
import type { Domain, HostFacts } from "@limiquantix/node";
import type { Config } from "./config.ts";
import type { Drivers } from "./drivers.ts";
import { poolOpener } from "./pools.ts";

/** Where VMs' leases lie; shared by the hosts that share disks. */
const leaseDirectory = "/var/lib/limiquantix";

/** This machine's libvirt and its directory pool. Throws, with what to do, when libvirt does not work. */
export async function openLibvirt(config: Config, facts: HostFacts, log: Log): Promise<Drivers> {
  const { libvirtSocket: socket, poolPath } = config;
  const clock = systemClock;
  await access(socket).catch((cause: unknown) => {
    const why = `there is no libvirt at ${socket}: install and start it (npm start does), or use --hypervisor sim`;
    throw new Error(why, { cause });
  });
  const leases = await leasesBeside(socket, log);
  const hypervisor = await LibvirtHypervisor.connect({ socket, leases, clock, log });
  try {
    const keyFiles = new Map<string, string>();
    const secretFile = (secretId: string) => keyFiles.get(secretId);
    const volumes = await FilePool.open({ pool: "local", root: poolPath, clock, log, secretFile });
    const network = new LibvirtNetworks({ connection: hypervisor.connection, log });
    return {
      hypervisor,
      volumes: new Map([[volumes.pool, volumes]]),
      openPool: poolOpener({
        clock,
        log,
        secrets: hypervisor.secrets,
        keyFiles,
        host: facts.machineId,
        open: async () => openSources(await hypervisor.list()),
      }),
      network,
      facts,
      [Symbol.asyncDispose]: () => hypervisor[Symbol.asyncDispose](),
    };
  } catch (cause) {
    await hypervisor[Symbol.asyncDispose]();
    throw cause;
  }
}

/** By `sourceName`. */
function openSources(domains: readonly Domain[]): Set<string> {
  const off = [State.STOPPED, State.SUSPENDED, State.CRASHED];
  return new Set(domains.filter(({ power }) => !off.includes(power)).flatMap(({ sources }) => [...sources.values()]));
}

/** Without virtlockd a second copy of a VM is kept away by QEMU's own image locks alone. */
async function leasesBeside(socket: string, log: Log): Promise<LeaseOptions | undefined> {
  const virtlockdSocket = join(dirname(socket), "virtlockd-sock");
  try {
    await access(virtlockdSocket);
    return { directory: leaseDirectory, virtlockdSocket };
  } catch {
    log.warn("virtlockd does not run: VMs get no leases", { virtlockdSocket });
    return undefined;
  }
}
