import type { Volume } from "@limiquantix/api";

/*
 * Which VMs have a volume: `attached_vm_ids`, of which `attached_vm_id` is always the first, with its disk in `disk_id`.
 * One that is not shared has one VM at most.
 */

/** The VMs that have it. */
export function vmsOf({ status }: Volume): readonly string[] {
  if (!status) return [];
  // A row of an older program names the one alone.
  return status.attachedVmIds.length === 0 && status.attachedVmId ? [status.attachedVmId] : status.attachedVmIds;
}

/** Whether it may have several VMs at the same time. */
export function isSharedVolume({ spec }: Volume): boolean {
  return spec?.shared ?? false;
}

/** Changes a row's private copy: the VM has it from now on, as this disk. */
export function addHolder(volume: Volume, { vmId, diskId }: { vmId: string; diskId: string }): void {
  const holders = vmsOf(volume);
  writeHolders(volume, holders.includes(vmId) ? holders : [...holders, vmId], (first) =>
    first === vmId ? diskId : (volume.status?.diskId ?? ""),
  );
}

/** Changes a row's private copy: the VM has it no longer. `diskOf` tells which disk of a VM it is. */
export function dropHolder(volume: Volume, vmId: string, diskOf: (vmId: string) => string): void {
  const left = vmsOf(volume).filter((id) => id !== vmId);
  const sameFirst = left[0] === volume.status?.attachedVmId;
  writeHolders(volume, left, (first) => (sameFirst ? (volume.status?.diskId ?? "") : diskOf(first)));
}

function writeHolders(volume: Volume, vmIds: readonly string[], diskOf: (first: string) => string): void {
  const [first = ""] = vmIds;
  const diskId = first === "" ? "" : diskOf(first);
  if (volume.status) Object.assign(volume.status, { attachedVmIds: [...vmIds], attachedVmId: first, diskId });
}
