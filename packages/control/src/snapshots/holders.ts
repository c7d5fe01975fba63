import { problem, Reason, type Snapshot, type VirtualMachine, type Volume } from "@limiquantix/api";
import type { Access } from "../access/access.ts";
import { recycledVms } from "../recycle-bin/table.ts";
import type { Transaction } from "../store/database.ts";
import { snapshots, vms, volumes } from "../tables.ts";
import { isMadeOf } from "./snapshot.ts";

type Reads = Pick<Transaction, "find" | "by">;

/** Volumes that share a snapshot's blocks, or are still to be copied from it. Those in the recycle bin do too. */
export function holdersOf(tx: Reads, snapshot: Snapshot): Volume[] {
  const sharing = tx.by(volumes, "linked", snapshot.id).filter((volume) => isIn(tx, volume, snapshot));
  const copied = snapshot.disks
    .flatMap(({ volumeId }) => tx.by(volumes, "copied", volumeId))
    .filter((volume) => isMadeOf(volume, snapshot.id) && !isAbandoned(volume));
  return [...new Set([...sharing, ...copied])].filter((volume) => !isAbandoned(volume));
}

/** One that was moved to another pool since has blocks of its own. */
function isIn(tx: Reads, { spec, status }: Volume, snapshot: Snapshot): boolean {
  const { from } = spec?.source ?? {};
  const base = from?.case === "snapshot" ? from.value.volumeId : "";
  const poolId =
    tx.find(volumes, base)?.spec?.storagePoolId ??
    snapshot.disks.find(({ volumeId }) => volumeId === base)?.storagePoolId;
  return spec?.storagePoolId === poolId || status?.movingFromPoolId === poolId;
}

/** It was never made, and never will be. */
function isAbandoned({ deletedAt, status }: Volume): boolean {
  return deletedAt !== undefined && status?.attachedVmId === "" && status.observedGeneration === 0n;
}

/** Throws IN_USE, which names who holds the snapshot to those who may see them. */
export function requireUnheld(tx: Reads, snapshot: Snapshot, access: Access | undefined): void {
  const holders = holdersOf(tx, snapshot);
  if (holders.length === 0) return;
  const by = `${namesOf(tx, holders, access)} ${holders.length > 1 ? "need" : "needs"} its blocks`;
  throw problem(Reason.IN_USE, { kind: "snapshot", name: snapshot.name, by });
}

/** Throws IN_USE while anything is made of one of the VM's snapshots. */
export function requireNoClonesOver(tx: Reads, vm: VirtualMachine, access: Access | undefined): void {
  const holders = tx.by(snapshots, "vm", vm.id).flatMap((snapshot) => holdersOf(tx, snapshot));
  if (holders.length === 0) return;
  const by = `clones of it need its disks: ${namesOf(tx, holders, access)}`;
  throw problem(Reason.IN_USE, { kind: "VM", name: vm.name, by });
}

function namesOf(tx: Reads, holders: readonly Volume[], access: Access | undefined): string {
  return [...new Set(holders.map((volume) => nameOf(tx, volume, access)))].toSorted().join(", ");
}

function nameOf(tx: Reads, volume: Volume, access: Access | undefined): string {
  const vmId = volume.status?.attachedVmId ?? "";
  const [vm, recycled] = [tx.find(vms, vmId), tx.find(recycledVms, vmId)?.vm];
  const shown = vm ?? recycled;
  if (shown) {
    if (access && !access.sees("vm", "vm.view")(shown)) return "another VM";
    return recycled ? `VM ${shown.name} in the recycle bin` : `VM ${shown.name}`;
  }
  if (access && !access.sees("volume", "volume.view")(volume)) return "another volume";
  return volume.deletedAt ? `volume ${volume.name} in the recycle bin` : `volume ${volume.name}`;
}
