import type { HostFacts } from "./ports/host-facts.ts";
import type { HostParts } from "./vms/host-parts.ts";
import type { VmRunners } from "./vms/vm-runners.ts";
import type { VolumeJobs } from "./volumes/volume-jobs.ts";

/** What the daemon's RPCs are made of. */
export interface NodeParts extends HostParts {
  facts: HostFacts;
  runners: VmRunners;
  volumeJobs: VolumeJobs;
  version: string;
  startedAtMs: number;
  /** Aborts when the daemon stops. */
  signal: AbortSignal;
  /** An event stream of the control plane began (1) or ended (-1). */
  onEventStream: (change: 1 | -1) => void;
}
