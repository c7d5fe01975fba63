import {
  CloneVMRequest_CloneType,
  problem,
  Reason,
  Snapshot_Phase,
  type CloneVMRequest,
  type Snapshot,
  type VirtualMachine,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { whyUnable } from "../pools/pool.ts";
import type { Call } from "../rpc/call.ts";
import { requireWhole, snapshotOf } from "../snapshots/snapshot.ts";
import { takeSnapshot } from "../snapshots/take.ts";
import type { Transaction } from "../store/database.ts";
import { pools, snapshots, volumes } from "../tables.ts";
import { requireNoSharedDisk } from "../volumes/volume.ts";
import { requireStill } from "./clone-source.ts";
import { checkAction, isAdopted, vmCan } from "./vm.ts";

/** The snapshot that a clone is made of. */
export interface CloneOrigin {
  snapshot: Snapshot;
  /** Over its blocks instead of a copy of them. */
  linked: boolean;
  /** It is still to be taken. */
  taken: boolean;
}

/**
 * What a clone is made of; undefined: the source's disks as they are, which nobody writes. Takes a snapshot where it needs
 * one that nobody named. Throws VM_WRONG_STATE, SNAPSHOT_NOT_READY, IN_USE and UNSUPPORTED.
 */
export function cloneOrigin(
  tx: Transaction,
  clock: Clock,
  options: { request: CloneVMRequest; source: VirtualMachine; cloneId: string; call: Call },
): CloneOrigin | undefined {
  const { request, source, cloneId, call } = options;
  const linked = request.cloneType === CloneVMRequest_CloneType.LINKED;
  if (isAdopted(source)) {
    const why = `VM ${source.name} was made outside of limiquantix: its disks are in no storage pool`;
    throw problem(Reason.UNSUPPORTED, { what: "cloning it", why });
  }
  if (request.snapshotId) {
    const snapshot = snapshotOf(tx, source.id, request.snapshotId);
    requireWhole(snapshot);
    if (source.deletion) throw problem(Reason.VM_BEING_DELETED, { vm: source.name });
    if (linked) requireLinkable(tx, snapshot);
    // Written as it is: who deletes it at this moment by another replica runs again and sees the clone.
    tx.update(snapshots, snapshot.id, () => {});
    return { snapshot, linked, taken: false };
  }
  checkAction(source, "clone");
  requireNoSharedDisk(tx, source, "a clone");
  const still = vmCan(source, "copying its disks");
  if (!source.spec?.disks.length) return undefined;
  if (!linked && still) {
    requireStill(source);
    return undefined;
  }
  const shared = linked && source.isTemplate ? baseOf(tx, source) : undefined;
  if (shared) {
    requireLinkable(tx, shared);
    tx.update(snapshots, shared.id, () => {});
    return { snapshot: shared, linked, taken: shared.phase === Snapshot_Phase.CREATING };
  }
  const name = linked && source.isTemplate ? "linked clones" : `clone ${request.name}`;
  const { snapshot } = takeSnapshot(tx, clock, source, {
    name: freeName(tx, source.id, name),
    description: linked ? "Linked clones share its blocks" : "A clone is copied from it; it goes by itself",
    quiesce: !still,
    takenForVmId: linked && source.isTemplate ? source.id : cloneId,
    call,
  });
  if (linked) requireLinkable(tx, snapshot);
  return { snapshot, linked, taken: true };
}

/** The snapshot that all linked clones of a template share: it does not change, so one will do. */
function baseOf(tx: Transaction, template: VirtualMachine): Snapshot | undefined {
  const { CREATING, READY } = Snapshot_Phase;
  return tx
    .by(snapshots, "vm", template.id)
    .find(({ takenForVmId, phase }) => takenForVmId === template.id && (phase === READY || phase === CREATING));
}

function freeName(tx: Transaction, vmId: string, wanted: string): string {
  const taken = new Set(tx.by(snapshots, "vm", vmId).map(({ name }) => name));
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted} (${n})`;
    if (!taken.has(name)) return name;
  }
}

function requireLinkable(tx: Transaction, { disks }: Snapshot): void {
  for (const { volumeId, storagePoolId } of disks) {
    const pool = tx.find(pools, tx.find(volumes, volumeId)?.spec?.storagePoolId ?? storagePoolId);
    const why = pool && whyUnable(pool, "linkedClones");
    if (why) throw problem(Reason.UNSUPPORTED, { what: `a linked clone in storage pool ${pool.name}`, why });
  }
}
