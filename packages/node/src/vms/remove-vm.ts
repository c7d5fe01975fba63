import { problem, Reason, type VmSpec } from "@limiquantix/api";
import type { HostParts } from "./host-parts.ts";
import { isUp } from "./plan-vm.ts";
import { portRequest } from "./run-step.ts";
import { detachDisks, disksOf, settleDisks } from "./vm-disks.ts";
import { VmStatus_PowerState as PowerState } from "@limiquantix/api";

/**
 * Removes a VM and all that it has on this host; done when there is nothing. `spec` names what a creation that was cut
 * off may have left without a domain. The domain goes first, so nothing that is left can still be in use.
 */
export async function removeVm(
  host: HostParts,
  request: { vmId: string; keepOnHost: boolean; keepVolumes: boolean; spec: VmSpec | undefined },
): Promise<void> {
  const { hypervisor, pools, network } = host;
  const { vmId, keepOnHost, keepVolumes } = request;
  const domain = await hypervisor.find(vmId);
  if (keepOnHost) {
    if (domain) await hypervisor.undefine(vmId, { unmarkOnly: true });
    return;
  }
  if (domain && !domain.mark) throw problem(Reason.VM_NOT_MANAGED, { vm: domain.name });
  await settleDisks(domain, disksOf(pools, domain));
  if (domain) {
    const holdsMemory = isUp(domain.power) || domain.power === PowerState.CRASHED;
    if (holdsMemory) await hypervisor.stop(vmId, "cut");
    await hypervisor.undefine(vmId);
  }
  const specs = [domain?.liveMark?.spec, domain?.mark?.spec, request.spec].filter((spec) => spec !== undefined);
  const disks = new Map(specs.flatMap((spec) => spec.disks.map((disk) => [disk.volumeId, disk])));
  disks.delete("");
  for (const disk of disks.values()) {
    const backend = pools.ofDisk(disk);
    if (await backend.findVolume(disk.volumeId)) await detachDisks(pools, [{ disk, backend }]);
    if (keepVolumes || disk.shared) continue;
    if (disk.movingFromPoolId) await pools.ofDisk({ storagePoolId: disk.movingFromPoolId }).deleteVolume(disk.volumeId);
    await backend.deleteVolume(disk.volumeId);
  }
  for (const backend of pools.open) await backend.deleteSeed(vmId);
  const nics = new Map(specs.flatMap((spec) => spec.nics.map((nic) => [nic.macAddress.toLowerCase(), nic])));
  for (const nic of nics.values()) await network.deletePort(portRequest({ vmId, nic, hostname: "" }));
}
