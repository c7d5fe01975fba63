import { clone } from "@bufbuild/protobuf";
import {
  problem,
  Reason,
  VirtualMachineSchema,
  VmDesired_Power,
  VmStatus_PowerState,
  VmStatus_StopReason,
  type ObservedVm,
  type Problem,
  type VirtualMachine,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import type { Transaction } from "../store/database.ts";
import { recycleVm } from "../recycle-bin/recycle-vm.ts";
import { endSnapshotTasks } from "../snapshots/outcome.ts";
import { snapshots, vms } from "../tables.ts";
import { forgetVolumesOf, releaseVolumesOf } from "../volumes/recycle.ts";
import { endTask, openTask, openTasksOf } from "../tasks/task.ts";
import { discoveredVm, observe, observeGone, observeUnreachable } from "./observed.ts";
import { changeVm, deleteVmRow, insertVm } from "./reservation.ts";
import { buryVm, isBuried } from "./tombstone.ts";
import { desiredOf, isPending, powerOfState, stateName, statusOf, vmRef, wasNeverMade } from "./vm.ts";

/** What a host saw of one VM, written into the rows with all that follows from it: tasks that end, events. */
export function recordSeen(tx: Transaction, clock: Clock, nodeId: string, seen: ObservedVm): void {
  const row = tx.find(vms, seen.id);
  if (!row) {
    if (isBuried(tx, nodeId, seen.id)) return;
    const vm = discoveredVm(seen, { nodeId, now: clock.now() });
    insertVm(tx, clock, vm);
    const message = `VM ${vm.name} was found on its host; adopt it to manage it`;
    recordEvent(tx, { clock, type: "lifecycle", message, subject: vmRef(vm), nodeId });
    return;
  }
  // A VM that its row puts on another host: that host's word counts.
  if (row.status?.nodeId !== nodeId) return;
  const changed = changeVm(tx, clock, seen.id, (vm) => {
    observe(vm, seen);
    if (!vm.isManaged) refreshDiscovered(vm, seen);
  });
  recordStateChange(tx, clock, row, changed);
  if (changed.generation > row.generation && isPending(changed) && !changed.deletion) restartTask(tx, clock, changed);
  endTasksCarriedOut(tx, clock, changed);
}

/** A domain that is not ours changes as its owner likes. */
function refreshDiscovered(vm: VirtualMachine, seen: ObservedVm): void {
  vm.name = seen.name;
  // Rows of the first versions are in the default project.
  vm.projectId = "";
  if (seen.discoveredSpec) vm.spec = seen.discoveredSpec;
  vm.generation = seen.generation;
}

/** Its host went down under a VM that starts with it. */
function restartTask(tx: Transaction, clock: Clock, vm: VirtualMachine): void {
  if (desiredOf(clone(VirtualMachineSchema, vm)).power !== VmDesired_Power.ON) return;
  openTask(tx, {
    clock,
    call: undefined,
    kind: "vm.start",
    target: vmRef(vm),
    generation: vm.generation,
    cancellable: true,
  });
}

/** Ends the tasks whose generation the host has carried out. */
export function endTasksCarriedOut(tx: Transaction, clock: Clock, vm: VirtualMachine): void {
  const done = vm.status?.observedGeneration ?? 0n;
  for (const task of openTasksOf(tx, vm.id)) {
    if (task.targetGeneration > done || task.kind === "vm.delete") continue;
    if (task.cancelRequested) {
      endTask(tx, clock, task.id, { state: "CANCELLED", problem: problem(Reason.CANCELLED, { who: "a user" }) });
    } else endTask(tx, clock, task.id, { state: "SUCCEEDED" });
  }
}

/** The host does not have it any more. */
export function recordGone(tx: Transaction, clock: Clock, nodeId: string, id: string): void {
  const row = tx.find(vms, id);
  if (!row || row.status?.nodeId !== nodeId) return;
  if (!row.isManaged) return deleteVmRow(tx, row);
  recordStateChange(tx, clock, row, changeVm(tx, clock, id, observeGone));
}

export function recordUnreachable(tx: Transaction, clock: Clock, id: string, why: string): void {
  const row = tx.find(vms, id);
  if (row)
    recordStateChange(
      tx,
      clock,
      row,
      changeVm(tx, clock, id, (vm) => observeUnreachable(vm, why)),
    );
}

/**
 * A generation that cannot be carried out: its tasks fail, nothing is tried again, and what is wanted becomes what is.
 * Does nothing if the VM has moved on. Answers whether it was written.
 */
export function recordFailure(
  tx: Transaction,
  clock: Clock,
  failure: { id: string; generation: bigint; cause: Problem },
): boolean {
  const { id, generation, cause } = failure;
  const row = tx.find(vms, id);
  if (!row || row.deletion || row.generation !== generation) return false;
  const vm = changeVm(tx, clock, id, (copy) => {
    const status = statusOf(copy);
    status.failedGeneration = generation;
    status.errorMessage = cause.message;
    if (wasNeverMade(copy)) status.state = VmStatus_PowerState.ERROR;
    else if (status.state === VmStatus_PowerState.STARTING) {
      status.state = VmStatus_PowerState.STOPPED;
      status.stopReason = VmStatus_StopReason.START_FAILED;
    } else if (status.state === VmStatus_PowerState.STOPPING) status.state = VmStatus_PowerState.RUNNING;
    const desired = desiredOf(copy);
    desired.power = powerOfState(status.state) ?? VmDesired_Power.OFF;
    desired.reboots = status.reboots;
    desired.reverts = status.reverts;
  });
  for (const task of openTasksOf(tx, id)) {
    if (task.kind !== "vm.delete") endTask(tx, clock, task.id, { state: "FAILED", problem: cause });
  }
  const message = `VM ${vm.name}: ${cause.message}`;
  recordEvent(tx, {
    clock,
    type: "error",
    severity: "ERROR",
    message,
    subject: vmRef(vm),
    nodeId: vm.status?.nodeId ?? "",
  });
  return true;
}

/**
 * The host has removed it, or cannot be asked: the row goes, and the tasks on it end. A host that was not asked removes
 * it when it is back.
 */
export function recordRemoved(tx: Transaction, clock: Clock, id: string, options: { unasked: boolean }): void {
  const vm = tx.find(vms, id);
  if (!vm) return;
  for (const snapshot of tx.by(snapshots, "vm", id)) {
    const cause = problem(Reason.SUPERSEDED, { by: "vm.delete" });
    endSnapshotTasks(tx, clock, snapshot, { state: "CANCELLED", problem: cause });
  }
  const recycled = vm.deletion?.purgeAt !== undefined && !vm.deletion.keepOnHost;
  if (recycled) recycleVm(tx, clock, vm);
  else deleteVmRow(tx, vm);
  const later = options.unasked && buryVm(tx, vm);
  // A guest that nobody could ask to stop may write its disks still: they stay its own until its host has removed it.
  if (vm.deletion?.keepOnHost) forgetVolumesOf(tx, clock, id);
  else if (!later) releaseVolumesOf(tx, clock, id);
  for (const task of openTasksOf(tx, id)) {
    if (task.kind === "vm.delete") endTask(tx, clock, task.id, { state: "SUCCEEDED" });
    else if (task.cancelRequested) {
      endTask(tx, clock, task.id, { state: "CANCELLED", problem: problem(Reason.CANCELLED, { who: "a user" }) });
    } else
      endTask(tx, clock, task.id, { state: "CANCELLED", problem: problem(Reason.SUPERSEDED, { by: "vm.delete" }) });
  }
  const kept = vm.deletion?.keepOnHost ?? false;
  const message = options.unasked
    ? `VM ${vm.name} was deleted here; its host could not be asked and ${later ? "is told when it is back" : "may have it still"}`
    : kept
      ? `VM ${vm.name} was taken out of management and stays on its host`
      : recycled
        ? `VM ${vm.name} was put into the recycle bin`
        : `VM ${vm.name} was deleted`;
  const severity = options.unasked ? "WARNING" : "INFO";
  recordEvent(tx, { clock, type: "lifecycle", severity, message, subject: vmRef(vm), nodeId: vm.status?.nodeId ?? "" });
}

function recordStateChange(tx: Transaction, clock: Clock, before: VirtualMachine, after: VirtualMachine): void {
  const [was, is] = [stateName(before), stateName(after)];
  if (was === is || ["STARTING", "STOPPING", "PROVISIONING", "DELETING"].includes(is)) return;
  const lost = is === "LOST";
  const crashed = is === "CRASHED";
  const why = lost ? `: ${after.status?.lostReason ?? ""}` : stopWords(is, after.status?.stopReason);
  recordEvent(tx, {
    clock,
    type: "power",
    severity: crashed ? "ERROR" : lost ? "WARNING" : "INFO",
    message: `VM ${after.name} is ${is}${why}`,
    subject: vmRef(after),
    nodeId: after.status?.nodeId ?? "",
    metadata: { from: was, to: is },
  });
}

function stopWords(state: string, reason: VmStatus_StopReason | undefined): string {
  if (state !== "STOPPED") return "";
  switch (reason) {
    case VmStatus_StopReason.GUEST_SHUTDOWN:
      return ": its guest shut down";
    case VmStatus_StopReason.POWERED_OFF:
      return ": its power was cut";
    case VmStatus_StopReason.HOST_DOWN:
      return ": its host went down";
    case VmStatus_StopReason.GUEST_CRASHED:
      return ": its guest crashed";
    default:
      return "";
  }
}
