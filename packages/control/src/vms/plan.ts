import type { VirtualMachine } from "@limiquantix/api";
import { isAdopted, isPending } from "./vm.ts";

/** How the VM's host can be reached. `gone`: there is no such host any more. */
export type HostState = "reachable" | "unreachable" | "gone";

export type VmPlan =
  | { do: "nothing" }
  /** For the host to come back. */
  | { do: "wait" }
  /** Have the host make it so. */
  | { do: "ensure" }
  /** Have the host mark a domain that was there before us. */
  | { do: "adopt" }
  /** Have the host remove it, then forget it. */
  | { do: "remove" }
  /** Forget it: there is no host to ask. */
  | { do: "forget" };

/** The next thing to do about a VM; pure, and all that its reconciler decides by. */
export function planVm(vm: VirtualMachine, host: HostState): VmPlan {
  if (vm.deletion) {
    if (!vm.status?.nodeId || host === "gone") return { do: "forget" };
    if (host === "reachable") return { do: "remove" };
    return { do: vm.deletion.force ? "forget" : "wait" };
  }
  if (!vm.isManaged || !isPending(vm) || !vm.status?.nodeId || host === "gone") return { do: "nothing" };
  if (host === "unreachable") return { do: "wait" };
  return { do: isAdopted(vm) && vm.status.observedGeneration === 0n ? "adopt" : "ensure" };
}
