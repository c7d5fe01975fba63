import { invalid, isProblem, problem, Reason, type IdentityProvider } from "@limiquantix/api";
import type { ProviderRow } from "@limiquantix/api/rows";
import type { Log } from "@limiquantix/kit";
import type { ExternalUser, LoginProviders, OidcLogins, StartedOidcLogin } from "../identity/provider-port.ts";
import type { Sealer } from "../identity/sealer.ts";
import { randomText } from "../identity/secrets.ts";
import { groups, providers } from "../identity/tables.ts";
import type { Database } from "../store/database.ts";
import { mappedGroups } from "./group-mapping.ts";
import type { SingleSignOn } from "./parts.ts";
import type { ExternalPerson } from "./ports.ts";
import { findProvider, openSecret } from "./provider.ts";
import { checkReturnTo, withQuery } from "./return-to.ts";
import { openIdSettings } from "./settings.ts";

/** Below the control plane's origin: where providers send browsers back to. */
export const oidcCallbackPath = "/auth/oidc/callback";

export interface IdentityProvidersParts {
  db: Database;
  log: Log;
  sealer: Sealer;
  logins: OidcLogins;
  /** Undefined: nobody logs in by a provider. */
  sso?: SingleSignOn | undefined;
}

/** Logins by identity providers. What they say of themselves when they fail is in the log: callers are strangers yet. */
export class IdentityProviders implements LoginProviders {
  readonly #parts: IdentityProvidersParts;

  constructor(parts: IdentityProvidersParts) {
    this.#parts = parts;
  }

  list(): { name: string; displayName: string; oidc: boolean }[] {
    return this.#enabled().flatMap(({ provider }) => {
      if (!provider) return [];
      const { name, displayName, kind } = provider;
      return [{ name, displayName: displayName || name, oidc: kind.case === "oidc" }];
    });
  }

  async authenticate(name: string, password: string, providerName: string): Promise<ExternalUser | undefined> {
    const rows = providerName
      ? [this.#named(providerName)]
      : this.#enabled().filter(({ provider }) => provider?.kind.case === "ldap");
    const failures: unknown[] = [];
    for (const row of rows) {
      try {
        const user = await this.#askDirectory(row, { username: name, password });
        if (user) return user;
      } catch (error) {
        failures.push(error);
      }
    }
    // Another one might have known them; that this one could not be asked is what they should hear.
    if (failures.length > 0) throw failures[0];
    return undefined;
  }

  async startOidc(request: {
    provider: string;
    returnTo: string;
    origin: string;
  }): Promise<{ url: string; loginId: string }> {
    const row = this.#named(request.provider);
    const { provider } = row;
    if (provider?.kind.case !== "oidc") {
      throw invalid([{ field: "provider", message: `${request.provider} asks for a password: use Login` }]);
    }
    const oidc = provider.kind.value;
    const returnTo = checkReturnTo(request.returnTo, request.origin);
    const state = randomText(32);
    const secrets = {
      nonce: randomText(32),
      codeVerifier: randomText(32),
      redirectUri: new URL(oidcCallbackPath, request.origin).href,
    };
    const url = await this.#ask(row, ({ openId }) => {
      const settings = openIdSettings(row, oidc, openSecret(this.#parts.sealer, row));
      return openId.authorizationUrl(settings, { ...secrets, state });
    });
    const { loginId } = await this.#parts.logins.start({ providerId: row.id, returnTo, state, secrets });
    return { url, loginId };
  }

  /**
   * Takes what a provider's browser brought back to the callback, at `host`, and answers where the browser goes on
   * to: with a code for FinishLogin, or with an error. Throws LOGIN_EXPIRED when it belongs to no login that waits.
   */
  async answerOidc(answer: URLSearchParams, host: string): Promise<string> {
    const expired = (why: string) => problem(Reason.LOGIN_EXPIRED, { why });
    const state = answer.get("state") ?? "";
    const login = state ? await this.#parts.logins.take(state) : undefined;
    if (!login) throw expired("the provider's answer belongs to no login that waits; it may have come before, or late");
    // Whoever begins a login chooses the host name that they send; a browser that comes back has the true one. Whether
    // it speaks TLS is not seen behind a proxy that ends it.
    if (new URL(login.secrets.redirectUri).host !== host.toLowerCase())
      throw expired("it was begun at another address");
    try {
      const user = await this.#exchange(login, answer, state);
      const { code } = await this.#parts.logins.finish(login.loginId, user);
      return withQuery(login.returnTo, { code, login_id: login.loginId });
    } catch (error) {
      return withQuery(login.returnTo, this.#refusal(login, error));
    }
  }

  async #exchange(login: StartedOidcLogin, answer: URLSearchParams, state: string): Promise<ExternalUser> {
    const row = this.#parts.db.find(providers, login.providerId);
    const provider = row?.provider;
    if (!row || provider?.disabled || provider?.kind.case !== "oidc") {
      throw problem(Reason.LOGIN_EXPIRED, { why: "its identity provider is gone or disabled" });
    }
    const refused = answer.get("error");
    if (refused) {
      this.#parts.log.info("an identity provider refused a login", {
        provider: provider.name,
        error: refused.slice(0, 200),
      });
      throw new ProviderRefusal(/^[\w.-]{1,64}$/.test(refused) ? refused : "refused", provider.name);
    }
    const oidc = provider.kind.value;
    const person = await this.#ask(row, ({ openId }) => {
      const settings = openIdSettings(row, oidc, openSecret(this.#parts.sealer, row));
      return openId.exchange(settings, { ...login.secrets, state }, answer);
    });
    return this.#externalUser(provider, person);
  }

  #refusal(login: StartedOidcLogin, error: unknown): { error: string; error_description: string } {
    if (error instanceof ProviderRefusal) return { error: error.code, error_description: error.message };
    if (isProblem(error)) return { error: Reason[error.reason].toLowerCase(), error_description: error.message };
    this.#parts.log.error("finish a login by an identity provider", { provider: login.providerId, err: error });
    return { error: "internal", error_description: "internal error" };
  }

  async #askDirectory(
    row: ProviderRow,
    credentials: { username: string; password: string },
  ): Promise<ExternalUser | undefined> {
    const { provider } = row;
    if (provider?.kind.case !== "ldap") {
      throw invalid([{ field: "provider", message: `${provider?.name} takes no password here: use StartOidcLogin` }]);
    }
    const ldap = provider.kind.value;
    const person = await this.#ask(row, ({ directory }) => {
      return directory.authenticate({ ldap, bindPassword: openSecret(this.#parts.sealer, row) }, credentials);
    });
    return person && this.#externalUser(provider, person);
  }

  /** Throws PROVIDER_FAILED. */
  async #ask<T>(row: ProviderRow, question: (sso: SingleSignOn) => Promise<T>): Promise<T> {
    const { sso, log } = this.#parts;
    const provider = row.provider?.name ?? row.id;
    if (!sso) throw problem(Reason.UNSUPPORTED, { what: "single sign-on", why: "this control plane runs without it" });
    try {
      return await question(sso);
    } catch (error) {
      // The message alone: what lies beneath may hold the provider's answer.
      log.warn("ask an identity provider", { provider, why: error instanceof Error ? error.message : String(error) });
      const why = "it did not answer as it should; the control plane's log says how";
      throw problem(Reason.PROVIDER_FAILED, { provider, why });
    }
  }

  #externalUser(provider: IdentityProvider, person: ExternalPerson): ExternalUser {
    const { db } = this.#parts;
    return {
      providerId: provider.id,
      externalId: person.externalId,
      name: person.username,
      fullName: person.name,
      email: person.email,
      // A group may have been deleted since it was mapped to.
      groupIds: mappedGroups(provider, person.groups).filter((id) => db.find(groups, id) !== undefined),
    };
  }

  /** In the order in which they were made; none where none can be asked. */
  #enabled(): ProviderRow[] {
    if (!this.#parts.sso) return [];
    return [...this.#parts.db.all(providers)].filter(({ provider }) => provider && !provider.disabled);
  }

  /** Throws NOT_FOUND, for a disabled one too. */
  #named(name: string): ProviderRow {
    const row = findProvider(this.#parts.db, name);
    if (row && !row.provider?.disabled) return row;
    throw problem(Reason.NOT_FOUND, { kind: "identity provider", id: name });
  }
}

/** The provider said no: access_denied, mostly. */
class ProviderRefusal extends Error {
  readonly code: string;

  constructor(code: string, provider: string) {
    super(`identity provider ${provider} refused the login`);
    this.code = code;
  }
}
