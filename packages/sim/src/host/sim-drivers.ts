import { StoragePoolSpec_Backend as Backend } from "@limiquantix/api";
import type { NodeOptions } from "@limiquantix/node";
import type { Lifetime } from "../lifetime.ts";
import { DriverSession } from "./driver-session.ts";
import { SimFacts } from "./sim-facts.ts";
import type { SimHost } from "./sim-host.ts";
import { SimHypervisor } from "./sim-hypervisor.ts";
import type { Fetch } from "./sim-images.ts";
import { SimNetworkBackend } from "./sim-network.ts";
import { SimPoolOpener } from "./sim-pools.ts";
import { SimVolumes } from "./sim-volumes.ts";

export type SimDrivers = Pick<NodeOptions, "hypervisor" | "volumes" | "openPool" | "network" | "facts">;

/** The drivers through which one run of a daemon works on a simulated host, with one pool named local. */
export function simDrivers(host: SimHost, life: Lifetime, options: { fetch?: Fetch } = {}): SimDrivers {
  const session = new DriverSession(host, life);
  const hypervisor = new SimHypervisor(session);
  const local = new SimVolumes(session, {
    pool: "local",
    backend: Backend.LOCAL_DIR,
    storage: host.storage,
    how: "layers",
    shared: false,
    exclusive: false,
    images: true,
    fetch: options.fetch,
  });
  return {
    hypervisor,
    volumes: new Map([[local.pool, local]]),
    openPool: new SimPoolOpener(session, hypervisor.secrets),
    network: new SimNetworkBackend(session),
    facts: new SimFacts(host),
  };
}
