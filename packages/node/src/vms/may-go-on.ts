import { isProblem, problem, Reason, type DiskDevice } from "@limiquantix/api";
import type { HostParts } from "./host-parts.ts";
import { isUp } from "./plan-vm.ts";
import { detachDisks, type PlacedDisk } from "./vm-disks.ts";

/** What is told of a guest that is kept paused for that. */
export const TAKEN_ELSEWHERE = "another host has its disk: it must not go on here, and can only be turned off";

/**
 * Whether a guest whose storage failed may go on by itself: only with disks that are this host's, still. Meanwhile another
 * host may have been given them, and it is not this guest's turn ever again: VM_LOCKED_ELSEWHERE.
 */
export async function mayGoOn(host: HostParts, vmId: string): Promise<void> {
  const { hypervisor, pools, observer } = host;
  const readied: PlacedDisk[] = [];
  for (const disk of (await hypervisor.find(vmId))?.liveMark?.spec?.disks ?? []) {
    if (!disk.volumeId) continue;
    try {
      const placed = { disk, backend: await backendOf(host, disk) };
      if (!pools.isDeclared(placed.backend.pool)) continue;
      await placed.backend.attach(disk.volumeId);
      readied.push(placed);
    } catch (cause) {
      if (isProblem(cause, Reason.POOL_UNAVAILABLE)) pools.check(disk.storagePoolId);
      if (isProblem(cause, Reason.VM_LOCKED_ELSEWHERE)) observer.explain(vmId, TAKEN_ELSEWHERE);
      throw cause;
    }
  }
  // It may have gone off while we asked: then nobody else lets go of them.
  const domain = await hypervisor.find(vmId);
  if (domain && !isUp(domain.power)) await detachDisks(pools, readied);
}

/** A daemon that was just started was told of no pools yet; then what is not in its own is in one of those. */
async function backendOf({ pools }: HostParts, disk: DiskDevice) {
  const backend = pools.ofDisk(disk);
  if (pools.isDeclared(backend.pool) || (await backend.findVolume(disk.volumeId))) return backend;
  throw problem(Reason.POOL_UNAVAILABLE, { pool: disk.storagePoolId, cause: "this host was not told of it yet" });
}
