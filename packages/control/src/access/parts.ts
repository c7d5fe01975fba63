import type { Clock } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";
import type { Inventory } from "./inventory.ts";
import type { RightsIndex } from "./rights.ts";

/** What the services around the inventory tree are made of. */
export interface AccessParts {
  db: Database;
  clock: Clock;
  rights: RightsIndex;
  inventory: Inventory;
}
