import type { Clock, Log } from "@limiquantix/kit";
import type { HostNetworks } from "../observe/host-networks.ts";
import type { Observer } from "../observe/observer.ts";
import type { HostPools } from "../pools/host-pools.ts";
import type { Hypervisor } from "../ports/hypervisor.ts";
import type { NetworkBackend } from "../ports/network-backend.ts";

/** What the work on a VM needs of its host. */
export interface HostParts {
  hypervisor: Hypervisor;
  pools: HostPools;
  network: NetworkBackend;
  networks: HostNetworks;
  observer: Observer;
  clock: Clock;
  log: Log;
}
