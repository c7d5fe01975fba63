import type { NodeOptions } from "@limiquantix/node";

/** What the node core works through; disposed of at the end. */
export type Drivers = Pick<NodeOptions, "hypervisor" | "volumes" | "openPool" | "network" | "facts"> & AsyncDisposable;
