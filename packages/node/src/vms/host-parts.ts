import type { HostNetwork } from "@limiquantix/api";
import type { EnsureNetworkRequest } from "@limiquantix/api/daemon";
import type { Clock, Log } from "@limiquantix/kit";
import type { Observer } from "../observe/observer.ts";
import type { Hypervisor } from "../ports/hypervisor.ts";
import type { NetworkBackend } from "../ports/network-backend.ts";
import type { VolumeBackend } from "../ports/volume-backend.ts";

/** What the work on a VM needs of its host. */
export interface HostParts {
  hypervisor: Hypervisor;
  /** By the pool's name on this host. */
  volumes: ReadonlyMap<string, VolumeBackend>;
  network: NetworkBackend;
  ensureNetwork(request: EnsureNetworkRequest): Promise<HostNetwork>;
  observer: Observer;
  clock: Clock;
  log: Log;
}
