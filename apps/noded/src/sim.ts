import { systemClock } from "@limiquantix/kit";
import type { HostFacts } from "@limiquantix/node";
import { SimHost, simDrivers, Lifetime, type Fetch } from "@limiquantix/sim/host";
import type { Drivers } from "./drivers.ts";

/** A pool of a simulated host has this much room. */
const poolBytes = 1e12;

/** Simulated guests, disks and networks on a host that is otherwise this machine: its name, its size, its figures. */
export async function openSim(facts: HostFacts): Promise<Drivers> {
  const { cpu, memory } = await facts.describe();
  const size = { cpuCores: cpu.totalCores, memoryMib: Number(memory.totalMib), poolBytes };
  const host = new SimHost({ name: facts.hostname, machineId: facts.machineId, clock: systemClock, size });
  const { hypervisor, volumes, openPool, network } = simDrivers(host, new Lifetime(systemClock), {
    fetch: fromInternet,
  });
  return { hypervisor, volumes, openPool, network, facts, [Symbol.asyncDispose]: async () => {} };
}

const fromInternet: Fetch = async (url, signal) => {
  const response = await fetch(url, { signal });
  if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
  return { totalBytes: Number(response.headers.get("content-length") ?? 0), chunks: response.body };
};
