import type { VirtualMachine } from "@limiquantix/api";
import { useSyncExternalStore } from "react";
import { vmState, type ShownState } from "./vm-state.ts";

/** What was asked of VMs a moment ago, by id, until the stream tells of it or the server refuses. */
const wanted = new Map<string, { label: string; revision: bigint | undefined }>();
const listeners = new Set<() => void>();

export const wantedState = {
  ask(id: string, label: string): void {
    wanted.set(id, { label, revision: undefined });
    tell();
  },
  /** The server took it: rows from this revision on know of it. */
  taken(id: string, revision: bigint): void {
    const entry = wanted.get(id);
    if (entry) wanted.set(id, { ...entry, revision });
    tell();
  },
  /** The server refused: what the row says counts again. */
  refused(id: string): void {
    wanted.delete(id);
    tell();
  },
};

/** The state that a VM is shown in: what was just asked of it, else what its row tells. */
export function shownState(vm: VirtualMachine): ShownState {
  const entry = wanted.get(vm.id);
  const state = vmState(vm);
  if (!entry) return state;
  if (entry.revision !== undefined && vm.revision >= entry.revision) return state;
  return { ...state, tone: "info", label: entry.label, busy: true };
}

export function useShownState(vm: VirtualMachine): ShownState {
  useSyncExternalStore(subscribe, () => wanted.get(vm.id));
  return shownState(vm);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function tell(): void {
  for (const listener of Array.from(listeners)) listener();
}
