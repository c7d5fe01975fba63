import type { ConnectRouter } from "@connectrpc/connect";
import { AuthService, GroupService, UserService } from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import type { Inventory } from "../access/inventory.ts";
import type { RightsIndex } from "../access/rights.ts";
import type { Database } from "../store/database.ts";
import { Accounts } from "./accounts.ts";
import { Factors } from "./factors.ts";
import { Gate, type NodeAuthenticator } from "./gate.ts";
import { groupService } from "./group-service.ts";
import { Logins } from "./logins.ts";
import { oidcLogins } from "./oidc-logins.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { PendingLogins } from "./pending-logins.ts";
import type { LoginProviders, OidcLogins } from "./provider-port.ts";
import type { Sealer } from "./sealer.ts";
import { authService } from "./service.ts";
import type { IdentityServices } from "./services.ts";
import type { CertificateStatus, SessionCertificates } from "./session-certificates.ts";
import { siteOfRequest, type SiteOf } from "./site.ts";
import { Tokens } from "./tokens.ts";
import { userService } from "./user-service.ts";

export interface IdentityParts<Providers extends LoginProviders> {
  db: Database;
  clock: Clock;
  log: Log;
  hasher: PasswordHasher;
  sealer: Sealer;
  rights: RightsIndex;
  inventory: Inventory;
  nodes: NodeAuthenticator;
  /** Undefined: no token is bound to a certificate. */
  certificates?: (SessionCertificates & CertificateStatus) | undefined;
  /** Undefined: there are none. */
  providers?: ((logins: OidcLogins) => Providers) | undefined;
  /** From the request itself unless told. */
  siteOf?: SiteOf | undefined;
  dev: boolean;
}

/** People: who they are, how they prove it, and who calls. */
export class Identity<Providers extends LoginProviders = LoginProviders> implements Disposable {
  readonly gate: Gate;
  readonly providers: Providers | undefined;
  readonly #accounts: Accounts;
  readonly #services: IdentityServices;
  readonly #sweeps: readonly { sweep(): Promise<void> }[];

  constructor(parts: IdentityParts<Providers>) {
    const accounts = new Accounts(parts);
    const tokens = new Tokens(parts);
    const factors = new Factors(parts);
    const pending = new PendingLogins(parts);
    const providers = parts.providers?.(oidcLogins({ ...parts, pending }));
    this.providers = providers;
    const logins = new Logins({ ...parts, accounts, tokens, factors, pending, providers });
    const { siteOf = siteOfRequest } = parts;
    this.gate = new Gate({ ...parts, tokens });
    this.#accounts = accounts;
    this.#services = { ...parts, accounts, tokens, factors, logins, providers, siteOf };
    this.#sweeps = [tokens, factors, pending];
  }

  routes(router: ConnectRouter): void {
    router.service(AuthService, authService(this.#services));
    router.service(UserService, userService(this.#services));
    router.service(GroupService, groupService(this.#services));
  }

  /** On a store without users: makes `admin` and answers the password, which is nowhere kept. */
  ensureFirstAdministrator(): Promise<{ name: string; password: string } | undefined> {
    return this.#accounts.ensureFirstAdministrator();
  }

  /** Whether the first administrator still has the password that was made for it. */
  firstLoginPending(): boolean {
    return this.#accounts.firstLoginPending();
  }

  /** Deletes expired tokens, logins that nobody finished, factors that nobody confirmed. */
  async sweep(): Promise<void> {
    for (const part of this.#sweeps) await part.sweep();
  }

  [Symbol.dispose](): void {
    this.gate[Symbol.dispose]();
  }
}
