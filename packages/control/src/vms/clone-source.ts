import { problem, Reason, Snapshot_Phase, type VirtualMachine } from "@limiquantix/api";
import { notFound, type Access } from "../access/access.ts";
import type { Transaction } from "../store/database.ts";
import { requireWhole, snapshotOf } from "../snapshots/snapshot.ts";
import { snapshots, vms, volumes } from "../tables.ts";
import { checkAction, isPending } from "./vm.ts";

/*
 * A clone is made of the VM's disks as they are, or of a snapshot. As they are, they are copied while the VM is off, and
 * nothing is asked of it meanwhile. The lock is nothing of its own that could be left behind: it is held by the row of a
 * clone whose disks still name their sources and which its host is still to make or to remove, and goes with that. A
 * snapshot is held by the rows of the volumes that are made of it (snapshots/holders.ts), and the VM does as it likes.
 */

/** Throws unless the VM's disks can be copied now: VM_WRONG_STATE unless it is off, IN_USE while its host changes it. */
export function requireStill(vm: VirtualMachine): void {
  checkAction(vm, "copying its disks");
  if (isPending(vm)) throw problem(Reason.IN_USE, { kind: "VM", name: vm.name, by: "its host is changing it" });
}

/** Throws IN_USE while the VM's disks are copied; the clone is named to who may see it. */
export function requireNotCopied(tx: Transaction, vm: VirtualMachine, access: Access | undefined): void {
  for (const { volumeId } of vm.spec?.disks ?? []) {
    const copies = volumeId ? tx.by(volumes, "copied", volumeId) : [];
    const copy = copies.find(({ status, spec }) => !status?.attachedVmId && spec?.source?.from.case === "volumeId");
    if (copy) throw problem(Reason.IN_USE, { kind: "VM", name: vm.name, by: "a volume is being copied from it" });
  }
  const clone = tx
    .by(vms, "source", vm.id)
    .find((other) => readsDisks(other) && (other.deletion !== undefined || isPending(other)));
  if (!clone) return;
  const named = !access || access.sees("vm", "vm.view")(clone) ? `VM ${clone.name}` : "another VM";
  throw problem(Reason.IN_USE, { kind: "VM", name: vm.name, by: `${named} is being cloned from it` });
}

function readsDisks({ spec }: VirtualMachine): boolean {
  return spec?.disks.some((disk) => disk.sourceVolumeId && !disk.sourceSnapshotId) ?? false;
}

/** The snapshot that the VM is still to be made of; empty: none. */
function snapshotFor({ spec }: VirtualMachine): string {
  return spec?.disks.find((disk) => disk.sourceSnapshotId)?.sourceSnapshotId ?? "";
}

/** The snapshot that this clone is to be made of is still being taken. */
export function waitsForSnapshot(db: Pick<Transaction, "find">, clone: VirtualMachine): boolean {
  const id = snapshotFor(clone);
  return id !== "" && db.find(snapshots, id)?.phase === Snapshot_Phase.CREATING;
}

/**
 * Of a clone that is wanted but not made yet: throws NOT_FOUND unless its source is there still, and what requireStill does,
 * or SNAPSHOT_NOT_READY.
 */
export function requireSource(tx: Transaction, clone: VirtualMachine): void {
  const snapshotId = snapshotFor(clone);
  if (clone.deletion) return;
  if (snapshotId) {
    const snapshot = snapshotOf(tx, clone.clonedFrom, snapshotId);
    if (snapshot.phase !== Snapshot_Phase.CREATING) requireWhole(snapshot);
    return;
  }
  if (!readsDisks(clone)) return;
  const source = tx.find(vms, clone.clonedFrom);
  if (!source) throw notFound({ kind: "vm", id: clone.clonedFrom });
  requireStill(source);
}
