import type { VirtualMachine } from "@limiquantix/api";
import { isPending, isUnmarked } from "./vm.ts";

/**
 * How the VM's host can be reached. `unreachable`: not at the moment; `lost`: it gave no sign of life for so long that
 * it counts as gone for now; `gone`: there is no such host any more.
 */
export type HostState = "reachable" | "unreachable" | "lost" | "gone";

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
    // A host removes nothing that it does not know as ours.
    if (host === "reachable") return { do: isUnmarked(vm) && !vm.deletion.keepOnHost ? "adopt" : "remove" };
    // A host that only restarts its daemon is waited for, even by force: what it has would be left behind.
    return { do: vm.deletion.force && host === "lost" ? "forget" : "wait" };
  }
  if (!vm.isManaged || !isPending(vm) || !vm.status?.nodeId || host === "gone") return { do: "nothing" };
  if (host !== "reachable") return { do: "wait" };
  return { do: isUnmarked(vm) ? "adopt" : "ensure" };
}
