import type { Clock } from "@limiquantix/kit";
import type { Sealer } from "../identity/sealer.ts";
import type { HostClients } from "../hosts/host-clients.ts";
import type { HostMetrics } from "../hosts/host-metrics.ts";
import type { Database } from "../store/database.ts";
import type { Placer } from "./placement.ts";
import type { VmIndex } from "./vm-index.ts";

/** What the RPCs on VMs are made of. */
export interface VmServiceParts {
  db: Database;
  clock: Clock;
  placer: Placer;
  index: VmIndex;
  hosts: HostClients;
  metrics: HostMetrics;
  sealer: Sealer;
}
