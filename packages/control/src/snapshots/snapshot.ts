import { clone, equals } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  problem,
  Reason,
  Snapshot_Phase,
  SnapshotSchema,
  type Snapshot,
  type VirtualMachine,
  type Volume,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { notFound } from "../access/access.ts";
import type { Transaction } from "../store/database.ts";
import { snapshots } from "../tables.ts";
import { isPending } from "../vms/vm.ts";

/*
 *   CreateSnapshot ──▶ CREATING ──the VM's host made it──▶ READY ──DeleteSnapshot──▶ DELETING ──▶ (gone)
 *                         │ failed, cancelled                ▲ ▲                       │ │ cannot be done
 *                         │                                  │ └──DeleteSnapshot── ERROR ◀┘
 *                         └────────▶ DELETING, with an error_message: what came of it is removed, however often that
 *                                    has to be tried, for it is of no instant
 */

type Reads = Pick<Transaction, "by">;

/** The one way to change a snapshot's row. Nothing is written where nothing changes. */
export function changeSnapshot(
  tx: Transaction,
  clock: Clock,
  id: string,
  change: (snapshot: Snapshot) => void,
): Snapshot {
  const before = tx.get(snapshots, id);
  const after = clone(SnapshotSchema, before);
  change(after);
  if (equals(SnapshotSchema, before, after)) return before;
  after.updatedAt = timestampFromMs(clock.now());
  after.generation += 1n;
  return tx.update(snapshots, id, (copy) => void Object.assign(copy, after));
}

/** Its creation came to nothing, and what is left of it is being removed: nobody can go back to it. */
export function isUndone({ phase, errorMessage }: Snapshot): boolean {
  return phase === Snapshot_Phase.DELETING && errorMessage !== "";
}

export function phaseName({ phase }: Snapshot): string {
  return Snapshot_Phase[phase] ?? "UNKNOWN";
}

/** Throws SNAPSHOT_NOT_READY unless one can go back to it. */
export function requireWhole(snapshot: Snapshot): void {
  const { READY, ERROR } = Snapshot_Phase;
  if (snapshot.phase === READY || snapshot.phase === ERROR) return;
  throw problem(Reason.SNAPSHOT_NOT_READY, { snapshot: snapshot.name, phase: phaseName(snapshot) });
}

/** A snapshot of this VM. Throws NOT_FOUND. */
export function snapshotOf(tx: Pick<Transaction, "find">, vmId: string, id: string): Snapshot {
  const snapshot = tx.find(snapshots, id);
  if (snapshot?.vmId === vmId) return snapshot;
  throw notFound({ kind: "snapshot", id });
}

/** Throws IN_USE while one is being taken: what it is of must not change meanwhile. */
export function requireNoneTaken(tx: Reads, vm: VirtualMachine): void {
  const taken = tx.by(snapshots, "vm", vm.id).find(({ phase }) => phase === Snapshot_Phase.CREATING);
  if (!taken) return;
  throw problem(Reason.IN_USE, { kind: "VM", name: vm.name, by: `snapshot ${taken.name} of it is being taken` });
}

/** Its host has still to bring it back to a snapshot. */
export function isReverting(vm: VirtualMachine): boolean {
  return isPending(vm) && (vm.desired?.reverts ?? 0) > (vm.status?.reverts ?? 0);
}

/** A volume that no snapshot names, and so none holds. */
export function namedVolumes(tx: Reads, vmId: string): ReadonlySet<string> {
  return new Set(tx.by(snapshots, "vm", vmId).flatMap(({ disks }) => disks.map(({ volumeId }) => volumeId)));
}

/** The volume is, or is to be, made of this snapshot. */
export function isMadeOf(volume: Volume, snapshotId: string): boolean {
  const { from } = volume.spec?.source ?? {};
  return from?.case === "snapshot" && from.value.snapshotId === snapshotId;
}
