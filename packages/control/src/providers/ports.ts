import type { LdapProvider, OidcProvider } from "@limiquantix/api";

/** A person as their identity provider describes them. */
export interface ExternalPerson {
  /** What they are known by there for good: the OIDC subject, the LDAP entry's DN. */
  externalId: string;
  username: string;
  /** Empty where the provider does not say. */
  name: string;
  email: string;
  groups: readonly ExternalGroup[];
}

export interface ExternalGroup {
  /** The claim's value, or the DN. */
  id: string;
  /** LDAP: the group's cn. */
  name?: string;
}

/** How a directory is reached, with its bind password in the clear. */
export interface DirectorySettings {
  ldap: LdapProvider;
  bindPassword: string;
}

/** Asks LDAP directories (RFC 4511). Every promise settles within the deadline that the implementation has. */
export interface Directory {
  /** Undefined: there is no such user, or the password is wrong. Throws with the cause when the directory cannot tell. */
  authenticate(
    settings: DirectorySettings,
    credentials: { username: string; password: string },
  ): Promise<ExternalPerson | undefined>;
  /** Connects and binds, and looks up a user where one is named; each step is noted in `steps` before it throws. */
  inspect(settings: DirectorySettings, steps: string[], username?: string): Promise<ExternalPerson | undefined>;
}

/** How an OpenID Connect provider is reached, with the client's secret in the clear; empty: a public client. */
export interface OpenIdSettings {
  /** What is kept of the provider (metadata, keys) is kept under this; another one begins anew. */
  cacheKey: string;
  oidc: OidcProvider;
  clientSecret: string;
}

/** What one login at a provider is bound to; kept here, sealed, until the browser comes back. */
export interface OpenIdBinding {
  redirectUri: string;
  state: string;
  nonce: string;
  /** PKCE (RFC 7636). */
  codeVerifier: string;
}

/** Talks to OpenID Connect providers. Every promise settles within the deadline that the implementation has. */
export interface OpenIdClient {
  /** Where to send the browser. */
  authorizationUrl(settings: OpenIdSettings, binding: OpenIdBinding): Promise<string>;
  /** Trades the answer that the browser brought for who they are. Throws OpenIdRefusal, or with the cause. */
  exchange(settings: OpenIdSettings, binding: OpenIdBinding, answer: URLSearchParams): Promise<ExternalPerson>;
  /** Discovery and keys; each step is noted in `steps` before it throws. */
  inspect(settings: OpenIdSettings, steps: string[]): Promise<void>;
}
