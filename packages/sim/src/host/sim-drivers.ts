import type { NodeOptions } from "@limiquantix/node";
import type { Lifetime } from "../lifetime.ts";
import { DriverSession } from "./driver-session.ts";
import { SimFacts } from "./sim-facts.ts";
import type { SimHost } from "./sim-host.ts";
import { SimHypervisor } from "./sim-hypervisor.ts";
import type { Fetch } from "./sim-images.ts";
import { SimNetworkBackend } from "./sim-network.ts";
import { SimVolumes } from "./sim-volumes.ts";

export type SimDrivers = Pick<NodeOptions, "hypervisor" | "volumes" | "network" | "facts">;

/** The drivers through which one run of a daemon works on a simulated host, with one pool named local. */
export function simDrivers(host: SimHost, life: Lifetime, options: { fetch?: Fetch } = {}): SimDrivers {
  const session = new DriverSession(host, life);
  return {
    hypervisor: new SimHypervisor(session),
    volumes: new Map([["local", new SimVolumes(session, { pool: "local", fetch: options.fetch })]]),
    network: new SimNetworkBackend(session),
    facts: new SimFacts(host),
  };
}
