import { problem, Reason } from "@limiquantix/api";
import type { DiskDevice } from "@limiquantix/api";
import type { DomainRef, LibvirtConnection } from "@limiquantix/libvirt";
import { type Layer, readChain, readMirror } from "../domain/chain.ts";
import { deviceAlias } from "../domain/device-alias.ts";
import { readLive } from "../domain-view.ts";

/** A disk of a running guest, as it is now. */
export interface RunningDisk {
  vmId: string;
  /** vda */
  target: string;
  layers: Layer[];
  mirror: { job: string; name: string | undefined } | undefined;
}

/** HYPERVISOR_REFUSED when the guest does not run, or has no such disk. */
export async function runningDisk(
  connection: LibvirtConnection,
  { vmId, dom }: { vmId: string; dom: DomainRef },
  { disk, action }: { disk: DiskDevice; action: string },
): Promise<RunningDisk> {
  const { active } = await connection.call("DOMAIN_IS_ACTIVE", { dom });
  const device = active ? (await readLive(connection, dom)).devices.get(deviceAlias("disk", disk.id, 0)) : undefined;
  if (!device?.target) {
    const cause = active ? `it has no disk ${disk.id}` : "it does not run";
    throw problem(Reason.HYPERVISOR_REFUSED, { action, vm: vmId, cause });
  }
  return { vmId, target: device.target, layers: readChain(device.node), mirror: readMirror(device.node) };
}
