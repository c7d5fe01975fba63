import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  invalid,
  problem,
  Reason,
  Snapshot_Phase,
  SnapshotDiskSchema,
  SnapshotSchema,
  VmSpecSchema,
  type Snapshot,
  type Task,
  type VirtualMachine,
} from "@limiquantix/api";
import { newId, type Clock } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import { whyUnable } from "../pools/pool.ts";
import type { Call } from "../rpc/call.ts";
import type { Transaction } from "../store/database.ts";
import { pools, snapshots, vms } from "../tables.ts";
import { nameOf, openTask } from "../tasks/task.ts";
import { publicVm } from "../vms/redact.ts";
import { isAdopted, isPending, vmRef } from "../vms/vm.ts";
import { requireNoSharedDisk } from "../volumes/volume.ts";
import { requireNoneTaken } from "./snapshot.ts";

/** Each is a layer that every read may have to go through. */
const mostSnapshots = 64;

export interface WantedSnapshot {
  name: string;
  description?: string;
  includeMemory?: boolean;
  quiesce?: boolean;
  takenForVmId?: string;
  /** The schedule that takes it, for this instant in milliseconds since the epoch. */
  schedule?: { id: string; name: string; instant: number };
}

/**
 * Wants a snapshot of a VM taken, whose state the caller has checked. Throws NAME_TAKEN, IN_USE while the VM is being
 * changed, and UNSUPPORTED where one of its pools has no snapshots; nothing is written then. Without a call a schedule wants it.
 */
export function takeSnapshot(
  tx: Transaction,
  clock: Clock,
  vm: VirtualMachine,
  { call, schedule, ...wanted }: WantedSnapshot & { call?: Call },
): { snapshot: Snapshot; task: Task } {
  const { name, description = "", includeMemory = false, quiesce = false, takenForVmId = "" } = wanted;
  if (isPending(vm)) throw problem(Reason.IN_USE, { kind: "VM", name: vm.name, by: "its host is changing it" });
  requireNoneTaken(tx, vm);
  requireSnapshots(tx, vm);
  const others = tx.by(snapshots, "vm", vm.id);
  if (others.some((other) => other.name === name)) throw problem(Reason.NAME_TAKEN, { kind: "snapshot", name });
  if (others.length >= mostSnapshots) {
    throw invalid([{ field: "vmId", message: `has ${mostSnapshots} snapshots already; delete some` }]);
  }
  const now = timestampFromMs(clock.now());
  const spec = clone(VmSpecSchema, publicVm(vm).spec ?? create(VmSpecSchema));
  const snapshot = create(SnapshotSchema, {
    id: newId(),
    vmId: vm.id,
    name,
    description,
    parentId: vm.currentSnapshotId,
    createdAt: now,
    createdBy: schedule ? `schedule ${schedule.name}` : nameOf(call),
    spec,
    disks: spec.disks.map(({ id: diskId, volumeId, storagePoolId }) =>
      create(SnapshotDiskSchema, { diskId, volumeId, storagePoolId }),
    ),
    phase: Snapshot_Phase.CREATING,
    projectId: vm.projectId,
    generation: 1n,
    updatedAt: now,
    quiesceWanted: quiesce,
    memoryNodeId: includeMemory ? (vm.status?.nodeId ?? "") : "",
    takenForVmId,
    ...(schedule ? { scheduleId: schedule.id, scheduledFor: timestampFromMs(schedule.instant) } : {}),
  });
  tx.insert(snapshots, snapshot);
  // Written as it is, so that who changes the VM at this moment by another replica runs again and sees the snapshot.
  tx.update(vms, vm.id, () => {});
  const target = vmRef(vm);
  const task = openTask(tx, { clock, call, kind: "vm.snapshot", target, cancellable: true, subjectId: snapshot.id });
  const message = `snapshot ${name} of VM ${vm.name} was asked for`;
  const nodeId = vm.status?.nodeId ?? "";
  recordEvent(tx, { clock, call, type: "snapshot", message, subject: target, nodeId, taskId: task.id });
  return { snapshot, task };
}

function requireSnapshots(tx: Transaction, vm: VirtualMachine): void {
  if (isAdopted(vm)) {
    const why = `VM ${vm.name} was made outside of limiquantix: its disks are in no storage pool`;
    throw problem(Reason.UNSUPPORTED, { what: "a snapshot of it", why });
  }
  requireNoSharedDisk(tx, vm, "a snapshot");
  for (const { storagePoolId } of vm.spec?.disks ?? []) {
    const pool = tx.find(pools, storagePoolId);
    const why = pool && whyUnable(pool, "snapshots");
    if (why) throw problem(Reason.UNSUPPORTED, { what: `a snapshot in storage pool ${pool.name}`, why });
  }
}
