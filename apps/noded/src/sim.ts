import { readFile } from "node:fs/promises";
import { cpus, hostname, totalmem } from "node:os";
import { MIB, systemClock } from "@limiquantix/kit";
import type { NodeOptions } from "@limiquantix/node";
import { SimHost, SimProcess, simDrivers, type Fetch } from "@limiquantix/sim/host";

export type Drivers = Pick<NodeOptions, "hypervisor" | "volumes" | "network" | "facts"> & AsyncDisposable;

/** A simulated host of this machine's name and size. */
export async function openSim(): Promise<Drivers> {
  const size = { cpuCores: cpus().length, memoryMib: Math.floor(totalmem() / MIB) };
  const host = new SimHost({ name: hostname(), machineId: await machineId(), clock: systemClock, size });
  const drivers = simDrivers(host, new SimProcess(systemClock), { fetch: fromInternet });
  return { ...drivers, [Symbol.asyncDispose]: async () => {} };
}

/** machine-id(5): 32 hexadecimal digits. */
async function machineId(): Promise<string> {
  try {
    return (await readFile("/etc/machine-id", "utf8")).trim() || crypto.randomUUID();
  } catch {
    return crypto.randomUUID();
  }
}

const fromInternet: Fetch = async (url, signal) => {
  const response = await fetch(url, { signal });
  if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
  return { totalBytes: Number(response.headers.get("content-length") ?? 0), chunks: response.body };
};
