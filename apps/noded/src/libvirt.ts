import type { Log } from "@limiquantix/kit";
import type { Config } from "./config.ts";
import type { Drivers } from "./sim.ts";
export async function openLibvirt(config: Config, _log: Log): Promise<Drivers> {
  throw new Error(`use libvirt at ${config.libvirtSocket}`);
}
