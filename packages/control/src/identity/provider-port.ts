/** Somebody whom an identity provider vouches for. */
export interface ExternalUser {
  providerId: string;
  /** What the provider never gives to somebody else: the OIDC subject, the LDAP DN or entryUUID. */
  externalId: string;
  name: string;
  fullName: string;
  email: string;
  /** Groups of this control plane that the provider's mapping puts them into. */
  groupIds: readonly string[];
}

/** Identity providers as logins see them; providers/ implements it. */
export interface LoginProviders {
  /**
   * Asks the LDAP providers, or the named one, for a user with this password. Undefined: none knows them, or the
   * password is wrong. Throws PROVIDER_FAILED when a provider could not be asked.
   */
  authenticate(name: string, password: string, providerName: string): Promise<ExternalUser | undefined>;
  /** What a login page offers, in its order; none that is disabled. */
  list(): { name: string; displayName: string; oidc: boolean }[];
  /**
   * Begins a login at an OIDC provider: checks `returnTo`, and keeps its secrets with `OidcLogins.start`. `origin` is
   * that of the control plane as the browser calls it: https://lqx.example:8443. Throws NOT_FOUND, INVALID_REQUEST.
   */
  startOidc(request: { provider: string; returnTo: string; origin: string }): Promise<{ url: string; loginId: string }>;
}

/** What an OIDC provider's implementation needs of logins; identity/ implements it. */
export interface OidcLogins {
  /** Keeps what the provider's answer is checked with: `secrets` is sealed, of `state` only a hash is stored. */
  start(login: {
    providerId: string;
    returnTo: string;
    state: string;
    secrets: { nonce: string; codeVerifier: string; redirectUri: string };
  }): Promise<{ loginId: string }>;
  /** The login that a provider's answer belongs to; undefined: none that waits. Each is answered once. */
  take(state: string): Promise<StartedOidcLogin | undefined>;
  /** The provider vouched: makes or updates the user, and answers the code that the client trades in FinishLogin. */
  finish(loginId: string, user: ExternalUser): Promise<{ code: string }>;
}

export interface StartedOidcLogin {
  loginId: string;
  providerId: string;
  returnTo: string;
  secrets: { nonce: string; codeVerifier: string; redirectUri: string };
}
