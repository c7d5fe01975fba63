import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  NicStatusSchema,
  VirtualMachine_Origin,
  VirtualMachineSchema,
  VmDesired_Power,
  VmSpecSchema,
  VmStatus_PowerState,
  VmStatus_StopReason,
  type ObservedVm,
  type VirtualMachine,
} from "@limiquantix/api";
import { consumeSecrets } from "./cloud-init/cloud-init.ts";
import { goneReason } from "./reservation.ts";
import { desiredOf, isPending, powerOf, powerOfState, shownState, stateOf, statusOf, wasNeverMade } from "./vm.ts";

/**
 * Writes what a host saw into a copy of the VM's row. Pure but for `vm`. Where nothing is pending the world wins: a
 * guest that shut itself down is wanted off from then on. A VM that was up when its host went down is wanted on again
 * if it starts with the host, by a new generation.
 */
export function observe(vm: VirtualMachine, seen: ObservedVm): void {
  const status = statusOf(vm);
  const before = stateOf(vm);
  status.observedGeneration = max(status.observedGeneration, seen.generation);
  // A row restored from an older copy: what is wanted now must come after what the host has done.
  if (seen.generation > vm.generation) vm.generation = seen.generation + 1n;
  status.stopReason = seen.stopReason;
  status.needsRestart = [...seen.needsRestart];
  status.nics = seen.nics.map((nic) => clone(NicStatusSchema, nic));
  status.ipAddresses = seen.nics.flatMap((nic) => nic.ipAddresses);
  status.reboots = seen.reboots;
  const reverts = desiredOf(vm).reverts > status.reverts;
  if (seen.reverts > status.reverts) vm.currentSnapshotId = desiredOf(vm).revertSnapshotId;
  status.reverts = seen.reverts;
  status.accelerator = seen.accelerator;
  status.hypervisorName = seen.name;
  status.lostReason = "";
  if (seen.generation > 0n) {
    consumeSeed(vm);
    // Its disks are its own from now on.
    for (const disk of vm.spec?.disks ?? []) {
      Object.assign(disk, { sourceVolumeId: "", sourceSnapshotId: "", sourceLinked: false });
      // It has arrived, with all else that was wanted.
      if (seen.generation >= vm.generation) disk.movingFromPoolId = "";
    }
  }
  if (!vm.deletion) follow(vm, seen, { before, reverts });
  status.state = shownState(vm, seen.state);
  if (!isPending(vm) && vm.generation > status.failedGeneration) status.errorMessage = seen.errorMessage;
}

/** Makes what is wanted agree with what happened by itself. */
function follow(
  vm: VirtualMachine,
  seen: ObservedVm,
  { before, reverts }: { before: VmStatus_PowerState; reverts: boolean },
): void {
  const desired = desiredOf(vm);
  const now = powerOfState(seen.state);
  const wasUp = before === VmStatus_PowerState.RUNNING || before === VmStatus_PowerState.PAUSED;
  if (now === VmDesired_Power.OFF && seen.stopReason === VmStatus_StopReason.HOST_DOWN && !isPending(vm)) {
    if (vm.isManaged && vm.spec?.autoStart && desired.power === VmDesired_Power.ON) vm.generation += 1n;
    else desired.power = VmDesired_Power.OFF;
    return;
  }
  if (!isPending(vm)) {
    if (now !== undefined) desired.power = now;
    return;
  }
  const byItself =
    seen.stopReason === VmStatus_StopReason.GUEST_SHUTDOWN || seen.stopReason === VmStatus_StopReason.POWERED_OFF;
  // A guest that reboots, or goes back to a snapshot, goes off on its way.
  const reboots = seen.reboots < desired.reboots || reverts;
  // It went off under a change that had nothing to do with power: that change must not start it again.
  if (!reboots && wasUp && now === VmDesired_Power.OFF && byItself && powerOf(vm) === VmDesired_Power.ON) {
    desired.power = VmDesired_Power.OFF;
    vm.generation += 1n;
  }
}

function consumeSeed(vm: VirtualMachine): void {
  const cloudInit = vm.spec?.provisioning?.cloudInit;
  if (cloudInit && !cloudInit.consumed) consumeSecrets(cloudInit);
}

/** The host does not have it. A VM that is being made or removed is left alone. */
export function observeGone(vm: VirtualMachine): void {
  if (vm.deletion || wasNeverMade(vm)) return;
  const status = statusOf(vm);
  status.state = VmStatus_PowerState.LOST;
  status.lostReason = goneReason;
}

/** The host cannot be reached: what its VMs do is not known. None is started elsewhere. */
export function observeUnreachable(vm: VirtualMachine, why: string): void {
  if (vm.deletion || wasNeverMade(vm) || vm.status?.lostReason === goneReason) return;
  const status = statusOf(vm);
  status.state = VmStatus_PowerState.LOST;
  status.lostReason = why;
}

/**
 * The row of a domain that nobody here knows: read-only until somebody adopts it. It is never touched on its host, and
 * is in no project: who may see its host sees it, and no tenant does.
 */
export function discoveredVm(seen: ObservedVm, options: { nodeId: string; now: number }): VirtualMachine {
  const at = timestampFromMs(options.now);
  const vm = create(VirtualMachineSchema, {
    id: seen.id,
    name: seen.name,
    spec: seen.discoveredSpec ? clone(VmSpecSchema, seen.discoveredSpec) : {},
    origin: VirtualMachine_Origin.HOST_DISCOVERED,
    isManaged: false,
    createdAt: at,
    updatedAt: at,
    generation: seen.generation,
    status: { nodeId: options.nodeId },
  });
  observe(vm, seen);
  return vm;
}

export interface SnapshotDiff {
  seen: ObservedVm[];
  discovered: ObservedVm[];
  /** Rows whose domain is not there. */
  gone: string[];
}

/**
 * What a host's full list means for the rows of the VMs that are on it. `known`: ids with a row on another host,
 * which are left to that host, and those that this host is still to remove.
 */
export function diffSnapshot(
  rows: readonly VirtualMachine[],
  list: readonly ObservedVm[],
  known: (id: string) => boolean,
): SnapshotDiff {
  const here = new Set(rows.map((vm) => vm.id));
  const there = new Set(list.map((seen) => seen.id));
  return {
    seen: list.filter((seen) => here.has(seen.id)),
    discovered: list.filter((seen) => !here.has(seen.id) && !known(seen.id)),
    gone: rows.filter((vm) => !there.has(vm.id)).map((vm) => vm.id),
  };
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
