import type { Clock } from "@limiquantix/kit";
import type { Bounds } from "./within.ts";
import type { Database } from "../store/database.ts";
import type { Accounts } from "./accounts.ts";
import type { Factors } from "./factors.ts";
import type { Logins } from "./logins.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import type { LoginProviders } from "./provider-port.ts";
import type { Sealer } from "./sealer.ts";
import type { SiteOf } from "./site.ts";
import type { Tokens } from "./tokens.ts";

/** What the services about people are made of. */
export interface IdentityServices extends Bounds {
  db: Database;
  clock: Clock;
  sealer: Sealer;
  hasher: PasswordHasher;
  accounts: Accounts;
  tokens: Tokens;
  factors: Factors;
  logins: Logins;
  providers?: LoginProviders | undefined;
  siteOf: SiteOf;
  dev: boolean;
}
