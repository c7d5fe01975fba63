import { VmStatus_PowerState, type VirtualMachine } from "@limiquantix/api";
import type { Tone } from "../../ui/badge.tsx";

const tones: Partial<Record<VmStatus_PowerState, Tone>> = {
  [VmStatus_PowerState.RUNNING]: "ok",
  [VmStatus_PowerState.PAUSED]: "warn",
  [VmStatus_PowerState.SUSPENDED]: "info",
};

const words: Record<string, string> = { PROVISIONING: "Being made", UNKNOWN: "Unknown" };

/** A VM's state as a person reads it. */
export function vmState(vm: VirtualMachine): { tone: Tone; label: string; busy: boolean; name: string } {
  const state = vm.status?.state ?? VmStatus_PowerState.UNKNOWN;
  const name = VmStatus_PowerState[state] ?? "UNKNOWN";
  const busy = name.endsWith("ING") && name !== "RUNNING";
  const bad = name === "ERROR" || name === "CRASHED" || name === "LOST";
  const label = words[name] ?? name.charAt(0) + name.slice(1).toLowerCase().replaceAll("_", " ");
  return { tone: bad ? "bad" : (tones[state] ?? (busy ? "info" : "idle")), label, busy, name };
}
