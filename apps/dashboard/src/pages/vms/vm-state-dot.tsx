import type { VirtualMachine } from "@limiquantix/api";
import { StateDot } from "../../ui/badge.tsx";
import { useShownState } from "./wanted-state.ts";

/** A VM's state: from a click on, the one that was asked for, until the stream tells or the server refuses. */
export function VmStateDot({ vm }: { vm: VirtualMachine }) {
  const { tone, label, busy } = useShownState(vm);
  return <StateDot tone={tone} label={label} busy={busy} />;
}
