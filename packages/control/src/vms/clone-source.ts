import { problem, Reason, type VirtualMachine } from "@limiquantix/api";
import { notFound, type Access } from "../access/access.ts";
import type { Transaction } from "../store/database.ts";
import { vms, volumes } from "../tables.ts";
import { checkAction, isPending } from "./vm.ts";

/*
 * The disks of a VM are copied for its clones while it is off, and nothing is asked of it meanwhile. The lock is nothing
 * of its own that could be left behind: it is held by the row of a clone whose disks still name their sources and which
 * its host is still to make or to remove, and goes with that.
 */

/** Throws unless the VM's disks can be copied now: VM_WRONG_STATE unless it is off, IN_USE while its host changes it. */
export function requireStill(vm: VirtualMachine): void {
  checkAction(vm, "clone");
  if (isPending(vm)) throw problem(Reason.IN_USE, { kind: "VM", name: vm.name, by: "its host is changing it" });
}

/** Throws IN_USE while the VM's disks are copied; the clone is named to who may see it. */
export function requireNotCopied(tx: Transaction, vm: VirtualMachine, access: Access | undefined): void {
  for (const { volumeId } of vm.spec?.disks ?? []) {
    const copy = volumeId && tx.by(volumes, "copied", volumeId).find((volume) => !volume.status?.attachedVmId);
    if (copy) throw problem(Reason.IN_USE, { kind: "VM", name: vm.name, by: "a volume is being copied from it" });
  }
  const clone = tx.by(vms, "source", vm.id).find((other) => other.deletion !== undefined || isPending(other));
  if (!clone) return;
  const named = !access || access.sees("vm", "vm.view")(clone) ? `VM ${clone.name}` : "another VM";
  throw problem(Reason.IN_USE, { kind: "VM", name: vm.name, by: `${named} is being cloned from it` });
}

/** Of a clone that is wanted but not made yet: throws NOT_FOUND unless its source is there still, and what requireStill does. */
export function requireSource(tx: Transaction, clone: VirtualMachine): void {
  if (clone.deletion || !clone.spec?.disks.some((disk) => disk.sourceVolumeId)) return;
  const source = tx.find(vms, clone.clonedFrom);
  if (!source) throw notFound({ kind: "vm", id: clone.clonedFrom });
  requireStill(source);
}
