import type { Privilege, VirtualMachine } from "@limiquantix/api";
import { useMemo } from "react";
import { useCan } from "../../api/use-can.ts";
import { blockedByState, vmActions, type VmAction } from "./vm-actions.ts";

const asked: readonly Privilege[] = [
  "vm.power",
  "vm.edit",
  "vm.media",
  "vm.delete",
  "vm.adopt",
  "vm.console",
  "vm.clone",
  "vm.snapshot",
];

export interface VmCan {
  /** Why the user may not; undefined: they may, or it is not known yet. */
  privilege: (privilege: Privilege) => string | undefined;
  /** Why not, by right or by the VM's state. */
  action: (vm: VirtualMachine, action: VmAction) => string | undefined;
}

/** What the user may do to a VM, asked once. */
export function useVmCan(id: string | undefined): VmCan {
  const checks = useMemo(() => (id ? asked.map((privilege) => ({ privilege, object: { kind: "vm", id } })) : []), [id]);
  const answers = useCan(checks);
  return useMemo(() => {
    const privilege = (name: Privilege) => {
      const answer = answers[asked.indexOf(name)];
      return answer && !answer.allowed && answer.why ? answer.why : undefined;
    };
    return {
      privilege,
      action: (vm, action) => blockedByState(vm, action) ?? privilege(vmActions[action].privilege),
    };
  }, [answers]);
}
