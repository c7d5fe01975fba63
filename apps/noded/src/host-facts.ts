import { join } from "node:path";
import { LinuxHostFacts } from "@limiquantix/drivers/linux-host";
import { systemClock } from "@limiquantix/kit";
import type { Config } from "./config.ts";

/** This machine, as it is. */
export function readHostFacts({ dataDirectory, registration }: Config): Promise<LinuxHostFacts> {
  return LinuxHostFacts.read({
    clock: systemClock,
    machineIdFile: join(dataDirectory ?? "/var/lib/limiquantix/node", "machine-id"),
    controlPlaneUrl: registration?.controlPlane.href,
  });
}
