import { clone, create } from "@bufbuild/protobuf";
import { VmSpecSchema, type VirtualMachine, type VmSpec } from "@limiquantix/api";
import { TombstoneRowSchema } from "@limiquantix/api/rows";
import type { Clock } from "@limiquantix/kit";
import type { Transaction } from "../store/database.ts";
import { table } from "../store/table.ts";
import { nodes } from "../tables.ts";
import { releaseVolumesOf } from "../volumes/recycle.ts";

/** By VM id: VMs that were forgotten while their hosts could not be asked to remove what they have of them. */
export const tombstones = table({
  kind: "vm-tombstone",
  schema: TombstoneRowSchema,
  indexes: { node: (row) => row.nodeId },
});

/**
 * Notes, as its row goes, what the VM's host is to remove when it is back. Answers false where there is no host that
 * could come back.
 */
export function buryVm(tx: Transaction, vm: VirtualMachine): boolean {
  const nodeId = vm.status?.nodeId ?? "";
  if (!tx.find(nodes, nodeId)) return false;
  const { id, name, projectId } = vm;
  const keepOnHost = vm.deletion?.keepOnHost ?? false;
  tx.insert(
    tombstones,
    create(TombstoneRowSchema, { id, nodeId, name, projectId, keepOnHost, spec: specToRemove(vm) }),
  );
  return true;
}

/** Whether this host is still to remove that VM: what it shows of it is no discovery. */
export function isBuried(db: Pick<Transaction, "find">, nodeId: string, vmId: string): boolean {
  return db.find(tombstones, vmId)?.nodeId === nodeId;
}

/** A host that is forgotten has nobody to come back for. */
export function dropTombstonesOf(tx: Transaction, clock: Clock, nodeId: string): void {
  for (const { id } of tx.by(tombstones, "node", nodeId)) {
    releaseVolumesOf(tx, clock, id);
    tx.delete(tombstones, id);
  }
}

/** What a host needs to know of a VM to remove it: its disks and interfaces, no secrets. */
export function specToRemove(vm: VirtualMachine): VmSpec | undefined {
  return vm.spec && { ...clone(VmSpecSchema, vm.spec), provisioning: undefined };
}
