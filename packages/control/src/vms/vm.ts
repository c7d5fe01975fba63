import { create } from "@bufbuild/protobuf";
import {
  problem,
  Reason,
  VirtualMachine_Origin,
  VmDesired_Power,
  VmDesiredSchema,
  VmStatus_PowerState,
  VmStatusSchema,
  type VirtualMachine,
  type VmDesired,
  type VmStatus,
} from "@limiquantix/api";

import type { Subject } from "../events/event.ts";

/*
 * What a person sees of a VM, and what leads from one to the next:
 *
 *   CreateVM ──▶ PROVISIONING ──▶ STOPPED ◀──────── STOPPING ◀──┐
 *                     │ failed      │  ▲ guest shut down        │ StopVM
 *                     ▼       Start │  └──────────────┐         │
 *                   ERROR ─────▶ STARTING ────────▶ RUNNING ────┤ SuspendVM
 *                                   ▲               │  ▲        ▼
 *                                   │         Pause ▼  │ Resume (STOPPING)
 *                                SUSPENDED          PAUSED      │
 *                                   ▲───────────────────────────┘
 *   LOST: its host cannot be reached, or no longer has it. DELETING: until the host has forgotten it.
 */

export type StateName = keyof typeof VmStatus_PowerState;

const present = ["RUNNING", "STOPPED", "PAUSED", "SUSPENDED", "CRASHED", "ERROR"] as const;

/** From which states each action is possible. */
export const vmActions = {
  start: ["STOPPED", "SUSPENDED", "CRASHED", "ERROR"],
  stop: ["RUNNING", "PAUSED", "STARTING", "STOPPING", "CRASHED"],
  reboot: ["RUNNING"],
  pause: ["RUNNING"],
  resume: ["PAUSED"],
  suspend: ["RUNNING", "PAUSED"],
  update: [...present, "STARTING", "STOPPING", "PROVISIONING", "LOST"],
  adopt: [...present],
  // One that sleeps has half of its state in memory.
  clone: ["STOPPED", "RUNNING", "PAUSED"],
  // A guest that runs writes on.
  "copying its disks": ["STOPPED"],
  snapshot: ["RUNNING", "STOPPED", "PAUSED", "SUSPENDED"],
  "snapshot with memory": ["RUNNING", "PAUSED"],
  revert: [...present, "STARTING", "STOPPING"],
  "convert to template": ["STOPPED"],
  delete: ["STOPPED", "SUSPENDED", "CRASHED", "ERROR", "PENDING", "PROVISIONING", "LOST"],
  "delete with force": [...present, "STARTING", "STOPPING", "PROVISIONING", "PENDING", "LOST", "MIGRATING", "UNKNOWN"],
} as const satisfies Record<string, readonly StateName[]>;

export type VmAction = keyof typeof vmActions;

/** What a template is not for: it is not started and stays as it is. */
const notOfTemplates: ReadonlySet<VmAction> = new Set(["start", "snapshot", "snapshot with memory", "revert"]);

export function vmCan(vm: VirtualMachine, action: VmAction): boolean {
  return (vmActions[action] as readonly StateName[]).includes(stateName(vm));
}

/** Throws VM_NOT_MANAGED, VM_BEING_DELETED or VM_WRONG_STATE unless the action is possible now. */
export function checkAction(vm: VirtualMachine, action: VmAction): void {
  if (!vm.isManaged && action !== "adopt") throw problem(Reason.VM_NOT_MANAGED, { vm: vm.name });
  if (vm.deletion) throw problem(Reason.VM_BEING_DELETED, { vm: vm.name });
  if (vm.isTemplate && notOfTemplates.has(action)) throw problem(Reason.VM_IS_TEMPLATE, { vm: vm.name });
  if (vmCan(vm, action)) return;
  const allowed = vmActions[action].join(", ").replace(/, ([A-Z]+)$/, " or $1");
  throw problem(Reason.VM_WRONG_STATE, { vm: vm.name, state: stateName(vm), action, allowed });
}

export function stateName(vm: VirtualMachine): StateName {
  return (VmStatus_PowerState[stateOf(vm)] ?? "UNKNOWN") as StateName;
}

export function stateOf(vm: VirtualMachine): VmStatus_PowerState {
  return vm.status?.state ?? VmStatus_PowerState.UNKNOWN;
}

export function powerOf(vm: VirtualMachine): VmDesired_Power {
  return vm.desired?.power ?? VmDesired_Power.UNKNOWN;
}

/** The status of a row that is about to be changed. */
export function statusOf(vm: VirtualMachine): VmStatus {
  return (vm.status ??= create(VmStatusSchema));
}

export function desiredOf(vm: VirtualMachine): VmDesired {
  return (vm.desired ??= create(VmDesiredSchema, { power: VmDesired_Power.OFF }));
}

/** Its host has something to do still: it has neither carried out the newest generation nor failed to. */
export function isPending(vm: VirtualMachine): boolean {
  const { observedGeneration = 0n, failedGeneration = 0n } = vm.status ?? {};
  return vm.generation > observedGeneration && vm.generation > failedGeneration;
}

/** Its host never had it: not made yet, or the making failed and was undone. */
export function wasNeverMade(vm: VirtualMachine): boolean {
  return vm.origin === VirtualMachine_Origin.CONTROL_PLANE && (vm.status?.observedGeneration ?? 0n) === 0n;
}

/** The domain's definition is somebody else's: only its power is ours. */
export function isAdopted(vm: VirtualMachine): boolean {
  return vm.origin === VirtualMachine_Origin.IMPORTED;
}

/** Its host has not put our mark on it yet. */
export function isUnmarked(vm: VirtualMachine): boolean {
  return isAdopted(vm) && vm.status?.observedGeneration === 0n;
}

export function vmRef(vm: VirtualMachine): Subject {
  return { kind: "vm", id: vm.id, name: vm.name, projectId: vm.projectId };
}

/** The power that a state is the outcome of; undefined for states that are none. */
export function powerOfState(state: VmStatus_PowerState): VmDesired_Power | undefined {
  switch (state) {
    case VmStatus_PowerState.RUNNING:
      return VmDesired_Power.ON;
    case VmStatus_PowerState.PAUSED:
      return VmDesired_Power.PAUSED;
    case VmStatus_PowerState.SUSPENDED:
      return VmDesired_Power.SUSPENDED;
    case VmStatus_PowerState.STOPPED:
    case VmStatus_PowerState.CRASHED:
      return VmDesired_Power.OFF;
    default:
      return undefined;
  }
}

/** What people see while the host works: where the VM is going, not where it still is. */
export function shownState(vm: VirtualMachine, seen: VmStatus_PowerState): VmStatus_PowerState {
  if (vm.deletion) return VmStatus_PowerState.DELETING;
  if (!isPending(vm)) return seen;
  const power = powerOf(vm);
  const up = seen === VmStatus_PowerState.RUNNING || seen === VmStatus_PowerState.PAUSED;
  const wantedUp = power === VmDesired_Power.ON || power === VmDesired_Power.PAUSED;
  if (wantedUp && !up) {
    return wasNeverMade(vm) ? VmStatus_PowerState.PROVISIONING : VmStatus_PowerState.STARTING;
  }
  if (!wantedUp && (up || seen === VmStatus_PowerState.STARTING)) return VmStatus_PowerState.STOPPING;
  return seen;
}
