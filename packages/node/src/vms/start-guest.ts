import { isProblem, problem, Reason, VmDesired_Power, VmStatus_PowerState as PowerState } from "@limiquantix/api";
import type { HostPools } from "../pools/host-pools.ts";
import type { HostParts } from "./host-parts.ts";
import { TAKEN_ELSEWHERE } from "./may-go-on.ts";
import type { VmOrder } from "./plan-vm.ts";
import { findMemory } from "./snapshots/memory.ts";
import { attachDisks, misnamed, type PlacedDisk } from "./vm-disks.ts";

/**
 * Starts a guest. Where storage notes who writes, the guest is let go on only once that is done: a host that is cut off
 * meanwhile is known to the one that takes over from it.
 */
export async function startGuest(
  host: HostParts,
  { vmId, disks, memoryOf }: { vmId: string; disks: PlacedDisk[]; memoryOf: string | undefined },
): Promise<void> {
  const { hypervisor, observer, pools } = host;
  const attachments = await attachDisks(disks);
  const domain = await hypervisor.find(vmId);
  const elsewhere = misnamed(domain, attachments);
  if (elsewhere.length > 0) await hypervisor.disks.redirect(vmId, elsewhere);
  const memoryPath = memoryOf === undefined ? undefined : await memoryPathOf(host, memoryOf);
  const noted = declared(pools, disks);
  await observer.starting(vmId, async () => {
    await hypervisor.start(vmId, { memoryPath, paused: noted.length > 0 });
    if (noted.length === 0) return;
    const wakesFromSuspend = memoryPath === undefined && domain?.power === PowerState.SUSPENDED;
    await attachDisks(noted).catch(async (cause: unknown) => {
      await backOff(host, vmId, wakesFromSuspend);
      throw cause;
    });
    await hypervisor.setPaused(vmId, false);
  });
}

/** Not before the storage said that its disks are this host's, still. One that may not write is only good to be cut. */
export async function resumeGuest(host: HostParts, { vmId, desired, pools }: VmOrder): Promise<void> {
  const { hypervisor, observer } = host;
  const domain = await hypervisor.find(vmId);
  try {
    const disks: PlacedDisk[] = [];
    for (const disk of domain?.liveMark?.spec?.disks ?? []) {
      const name = pools.get(disk.storagePoolId);
      // The order may not have it any more.
      if (disk.volumeId)
        disks.push({ disk, backend: name === undefined ? host.pools.ofDisk(disk) : host.pools.get(name) });
    }
    await attachDisks(declared(host.pools, disks));
  } catch (cause) {
    if (!isProblem(cause, Reason.VM_LOCKED_ELSEWHERE)) throw cause;
    if (desired.power === VmDesired_Power.OFF) return hypervisor.stop(vmId, "cut");
    observer.explain(vmId, TAKEN_ELSEWHERE);
    throw cause;
  }
  await hypervisor.setPaused(vmId, false);
}

/** Those in pools that the control plane declared: others may have them, too. */
export function declared(pools: HostPools, disks: readonly PlacedDisk[]): PlacedDisk[] {
  return disks.filter(({ backend }) => pools.isDeclared(backend.pool));
}

async function memoryPathOf({ pools }: HostParts, snapshotId: string): Promise<string> {
  const memory = await findMemory(pools, snapshotId);
  if (!memory) throw problem(Reason.NOT_FOUND, { kind: "memory of snapshot", id: snapshotId });
  return memory.path(snapshotId);
}

/** Off goes a guest that was started and has done nothing yet. Memory that it was suspended with is not lost by that. */
async function backOff({ hypervisor, log }: HostParts, vmId: string, wakesFromSuspend: boolean): Promise<void> {
  if (wakesFromSuspend) {
    try {
      return await hypervisor.stop(vmId, "save");
    } catch (err) {
      log.warn("the memory of a VM could not be saved again", { vmId, err });
    }
  }
  await hypervisor.stop(vmId, "cut").catch((err: unknown) => log.warn("a VM was not cut", { vmId, err }));
}
