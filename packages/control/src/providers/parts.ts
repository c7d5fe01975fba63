import type { Clock, Log } from "@limiquantix/kit";
import type { Inventory } from "../access/inventory.ts";
import type { RightsIndex } from "../access/rights.ts";
import type { Sealer } from "../identity/sealer.ts";
import type { Database } from "../store/database.ts";
import type { Directory, OpenIdClient } from "./ports.ts";

/** The ways to identity providers; packages/sso has them. */
export interface SingleSignOn {
  directory: Directory;
  openId: OpenIdClient;
}

export interface ProviderParts {
  db: Database;
  clock: Clock;
  log: Log;
  sealer: Sealer;
  rights: RightsIndex;
  inventory: Inventory;
  /** Undefined: providers can be described, and not asked. */
  sso?: SingleSignOn | undefined;
}
