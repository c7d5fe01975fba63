import { VmDesired_Power, VmStatus_PowerState, type VirtualMachine } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import type { Tone } from "../../ui/badge.tsx";

export type StateName = keyof typeof VmStatus_PowerState;

export interface ShownState {
  tone: Tone;
  label: string;
  /** On its way to another. */
  busy: boolean;
  name: StateName;
}

const s = strings.vms;

const tones: Partial<Record<StateName, Tone>> = {
  RUNNING: "ok",
  PAUSED: "warn",
  SUSPENDED: "info",
  ERROR: "bad",
  CRASHED: "bad",
  LOST: "bad",
};

/** A VM's state as a person reads it: what it is, or where its host is taking it. */
export function vmState(vm: VirtualMachine): ShownState {
  const name = stateName(vm);
  const busy = isTransient(name);
  const going = isPending(vm) ? onItsWay(vm, name) : undefined;
  if (going) return { tone: "info", label: going, busy: true, name };
  return { tone: tones[name] ?? (busy ? "info" : "idle"), label: s.states[name], busy, name };
}

export function stateName(vm: VirtualMachine): StateName {
  return (VmStatus_PowerState[vm.status?.state ?? VmStatus_PowerState.UNKNOWN] ?? "UNKNOWN") as StateName;
}

/** PROVISIONING, STARTING, …: no state that a VM stays in. */
function isTransient(name: StateName): boolean {
  return name.endsWith("ING") && name !== "RUNNING" && name !== "PENDING";
}

/** Its host has something to do still. */
export function isPending({ generation, status }: VirtualMachine): boolean {
  return generation > (status?.observedGeneration ?? 0n) && generation > (status?.failedGeneration ?? 0n);
}

/** What its state does not tell while it is under way. */
function onItsWay(vm: VirtualMachine, name: StateName): string | undefined {
  const power = vm.desired?.power;
  if (power === VmDesired_Power.PAUSED && name === "RUNNING") return s.going.pause;
  if (power === VmDesired_Power.ON && name === "PAUSED") return s.going.resume;
  if (power === VmDesired_Power.SUSPENDED && name === "STOPPING") return s.going.suspend;
  if (name === "RUNNING" && (vm.desired?.reboots ?? 0) > (vm.status?.reboots ?? 0)) return s.going.reboot;
  return undefined;
}
