import { problem, Reason, type VmSpec } from "@limiquantix/api";
import type { HostParts } from "./host-parts.ts";
import { isUp } from "./plan-vm.ts";
import { portRequest } from "./run-step.ts";
import { VmStatus_PowerState as PowerState } from "@limiquantix/api";

/**
 * Removes a VM and all that it has on this host; done when there is nothing. `spec` names what a creation that was cut
 * off may have left without a domain. The domain goes first, so nothing that is left can still be in use.
 */
export async function removeVm(
  host: HostParts,
  request: { vmId: string; keepOnHost: boolean; spec: VmSpec | undefined },
): Promise<void> {
  const { hypervisor, volumes, network } = host;
  const { vmId, keepOnHost } = request;
  const domain = await hypervisor.find(vmId);
  if (keepOnHost) {
    if (domain) await hypervisor.undefine(vmId, { unmarkOnly: true });
    return;
  }
  if (domain && !domain.mark) throw problem(Reason.VM_NOT_MANAGED, { vm: domain.name });
  if (domain) {
    const holdsMemory = isUp(domain.power) || domain.power === PowerState.CRASHED;
    if (holdsMemory) await hypervisor.stop(vmId, "cut");
    await hypervisor.undefine(vmId);
  }
  const specs = [domain?.liveMark?.spec, domain?.mark?.spec, request.spec].filter((spec) => spec !== undefined);
  const volumeIds = new Set(specs.flatMap((spec) => spec.disks.map((disk) => disk.volumeId)).filter(Boolean));
  for (const backend of volumes.values()) {
    for (const volumeId of volumeIds) await backend.deleteVolume(volumeId);
    await backend.deleteSeed(vmId);
  }
  const nics = new Map(specs.flatMap((spec) => spec.nics.map((nic) => [nic.macAddress.toLowerCase(), nic])));
  for (const nic of nics.values()) await network.deletePort(portRequest({ vmId, nic, hostname: "" }));
}
