import { VirtualMachine_Origin, type Privilege, type VirtualMachine } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import { stateName, type StateName } from "./vm-state.ts";

const present = ["RUNNING", "STOPPED", "PAUSED", "SUSPENDED", "CRASHED", "ERROR"] as const;
const s = strings.vms;

interface Rule {
  privilege: Privilege;
  /** In which states it is offered; the server decides again. */
  states: readonly StateName[];
}

/** What one can do to a VM. */
export const vmActions = {
  start: { privilege: "vm.power", states: ["STOPPED", "SUSPENDED", "CRASHED", "ERROR"] },
  stop: { privilege: "vm.power", states: ["RUNNING", "PAUSED", "STARTING", "CRASHED"] },
  kill: { privilege: "vm.power", states: ["RUNNING", "PAUSED", "STARTING", "STOPPING", "CRASHED"] },
  reboot: { privilege: "vm.power", states: ["RUNNING"] },
  reset: { privilege: "vm.power", states: ["RUNNING"] },
  pause: { privilege: "vm.power", states: ["RUNNING"] },
  resume: { privilege: "vm.power", states: ["PAUSED"] },
  suspend: { privilege: "vm.power", states: ["RUNNING", "PAUSED"] },
  edit: { privilege: "vm.edit", states: [...present, "STARTING", "STOPPING", "PROVISIONING", "LOST"] },
  media: { privilege: "vm.media", states: [...present, "STARTING", "STOPPING", "PROVISIONING", "LOST"] },
  // One that sleeps has half of its state in memory.
  clone: { privilege: "vm.clone", states: ["STOPPED", "RUNNING", "PAUSED"] },
  snapshot: { privilege: "vm.snapshot", states: ["RUNNING", "STOPPED", "PAUSED", "SUSPENDED"] },
  revert: { privilege: "vm.snapshot", states: [...present, "STARTING", "STOPPING"] },
  template: { privilege: "vm.edit", states: ["STOPPED"] },
  adopt: { privilege: "vm.adopt", states: present },
  delete: {
    privilege: "vm.delete",
    states: [...present, "STARTING", "STOPPING", "PROVISIONING", "PENDING", "LOST", "MIGRATING", "UNKNOWN"],
  },
} as const satisfies Record<string, Rule>;

export type VmAction = keyof typeof vmActions;

export const powerActions = ["start", "stop", "kill", "reboot", "reset", "pause", "resume", "suspend"] as const;
export type PowerAction = (typeof powerActions)[number];

/** A template is not started and stays as it is. */
const notOfTemplates: ReadonlySet<VmAction> = new Set(["start", "snapshot", "revert"]);

/** Why the VM's own state forbids an action now; undefined: it does not. */
export function blockedByState(vm: VirtualMachine, action: VmAction): string | undefined {
  if (action === "adopt") return vm.isManaged ? s.blocked.managed : undefined;
  if (!vm.isManaged) return s.blocked.unmanaged;
  if (vm.deletion && action !== "delete") return s.blocked.deleting;
  if (vm.isTemplate && notOfTemplates.has(action)) return s.blocked.template;
  const name = stateName(vm);
  if ((vmActions[action].states as readonly StateName[]).includes(name)) return undefined;
  return s.blocked.state(s.states[name]);
}

/** Deleting it while it may run needs force, and the name typed in. */
export function mayRun(vm: VirtualMachine): boolean {
  return !["STOPPED", "SUSPENDED", "CRASHED", "ERROR", "PENDING", "PROVISIONING"].includes(stateName(vm));
}

/** Why its devices cannot change; undefined: they can. */
export function deviceBlocked(vm: VirtualMachine): string | undefined {
  return vm.origin === VirtualMachine_Origin.IMPORTED ? s.blocked.adopted : undefined;
}
