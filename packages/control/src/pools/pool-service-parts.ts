import type { Clock } from "@limiquantix/kit";
import type { HostClients } from "../hosts/host-clients.ts";
import type { Sealer } from "../identity/sealer.ts";
import type { Database } from "../store/database.ts";

export interface PoolServiceParts {
  db: Database;
  clock: Clock;
  hosts: HostClients;
  sealer: Sealer;
}
