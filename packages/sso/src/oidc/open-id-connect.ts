import type { ExternalPerson, OpenIdBinding, OpenIdClient, OpenIdSettings } from "@limiquantix/control";
import * as oidc from "openid-client";
import { explain } from "../explain.ts";
import { boundedFetch, isLoopback } from "./bounded-fetch.ts";
import { isIncomplete, personOf, type Claims } from "./claims.ts";

/** For one step of a login: what it asks the provider for, all together. */
const deadlineMs = 10_000;
/** How long metadata is good without asking again; keys that are not known are asked for sooner, by openid-client. */
const metadataMs = 600_000;
/** Providers whose metadata is kept: far more than anybody has. */
const mostKnown = 64;

/** OpenID Connect Core 1.0: authorization code, PKCE S256, state, nonce, and an ID token whose signature is checked. */
export class OpenIdConnect implements OpenIdClient {
  readonly #deadlineMs: number;
  readonly #known = new Map<string, { configuration: Promise<oidc.Configuration>; until: number }>();

  constructor(options: { deadlineMs?: number } = {}) {
    this.#deadlineMs = options.deadlineMs ?? deadlineMs;
  }

  authorizationUrl(settings: OpenIdSettings, binding: OpenIdBinding): Promise<string> {
    return this.#inTime(async () => {
      const configuration = await this.#configuration(settings);
      const url = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: binding.redirectUri,
        scope: scopesOf(settings),
        state: binding.state,
        nonce: binding.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(binding.codeVerifier),
        code_challenge_method: "S256",
      });
      // A browser is sent there: javascript: and the like are no place for it.
      if (url.protocol !== "https:" && !isLoopback(url)) throw new Error(`${url.origin} is without TLS`);
      return url.href;
    });
  }

  exchange(settings: OpenIdSettings, binding: OpenIdBinding, answer: URLSearchParams): Promise<ExternalPerson> {
    return this.#inTime(async () => {
      const configuration = await this.#configuration(settings);
      const url = new URL(binding.redirectUri);
      url.search = answer.toString();
      const tokens = await oidc.authorizationCodeGrant(configuration, url, {
        expectedState: binding.state,
        expectedNonce: binding.nonce,
        pkceCodeVerifier: binding.codeVerifier,
        idTokenExpected: true,
      });
      let claims: Claims = tokens.claims() ?? {};
      const { sub } = claims;
      const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined;
      if (hasUserInfo && typeof sub === "string" && isIncomplete(claims, settings.oidc)) {
        const more = await oidc.fetchUserInfo(configuration, tokens.access_token, sub);
        // What is signed counts before what is not.
        claims = { ...more, ...claims };
      }
      return personOf(claims, settings.oidc);
    });
  }

  inspect(settings: OpenIdSettings, steps: string[]): Promise<void> {
    return this.#inTime(async () => {
      this.#known.delete(settings.cacheKey);
      const { issuer, caPem } = settings.oidc;
      const configuration = await this.#configuration(settings);
      const metadata = configuration.serverMetadata();
      steps.push(`${issuer} describes itself (discovery), and names itself so too`);
      if (!metadata.authorization_endpoint || !metadata.token_endpoint || !metadata.jwks_uri) {
        throw new Error("it names no authorization endpoint, token endpoint or keys");
      }
      if (metadata.response_types_supported && !metadata.response_types_supported.includes("code")) {
        throw new Error("it does not support the authorization code flow");
      }
      steps.push(`logins go to ${metadata.authorization_endpoint}`);
      const keys = await boundedFetch(caPem)(metadata.jwks_uri, {
        method: "GET",
        headers: { accept: "application/json" },
        body: null,
        redirect: "manual",
        signal: AbortSignal.timeout(this.#deadlineMs),
      });
      const set = (await keys.json()) as { keys?: unknown[] };
      if (!keys.ok || !set.keys?.length) throw new Error(`there are no keys at ${metadata.jwks_uri}`);
      steps.push(`${set.keys.length} keys that sign its tokens are at ${metadata.jwks_uri}`);
    });
  }

  /** As discovered within the last ten minutes. */
  #configuration(settings: OpenIdSettings): Promise<oidc.Configuration> {
    const known = this.#known.get(settings.cacheKey);
    if (known && known.until > performance.now()) return known.configuration;
    const configuration = this.#discover(settings);
    this.#known.delete(settings.cacheKey);
    this.#known.set(settings.cacheKey, { configuration, until: performance.now() + metadataMs });
    for (const key of this.#known.keys()) if (this.#known.size > mostKnown) this.#known.delete(key);
    // A failure is not kept.
    configuration.catch(() => {
      if (this.#known.get(settings.cacheKey)?.configuration === configuration) this.#known.delete(settings.cacheKey);
    });
    return configuration;
  }

  async #discover({ oidc: provider, clientSecret }: OpenIdSettings): Promise<oidc.Configuration> {
    const issuer = new URL(provider.issuer);
    const timeout = this.#deadlineMs / 1000;
    const extensions = isLoopback(issuer) ? [oidc.allowInsecureRequests] : [];
    const fetch = boundedFetch(provider.caPem);
    const options = { execute: extensions, timeout, [oidc.customFetch]: fetch };
    const found = await oidc.discovery(issuer, provider.clientId, undefined, oidc.None(), options);
    const metadata = found.serverMetadata();
    const authentication = authenticationFor(metadata.token_endpoint_auth_methods_supported, clientSecret);
    const configuration = new oidc.Configuration(metadata, provider.clientId, undefined, authentication);
    configuration.timeout = timeout;
    configuration[oidc.customFetch] = fetch;
    for (const extend of extensions) extend(configuration);
    // The signature of the ID token too, not only the TLS that it came over.
    oidc.enableNonRepudiationChecks(configuration);
    return configuration;
  }

  /** No step of a login hangs, whatever the provider does. Throws in plain words. */
  async #inTime<T>(work: () => Promise<T>): Promise<T> {
    const late = AbortSignal.timeout(this.#deadlineMs);
    try {
      return await new Promise<T>((resolve, reject) => {
        late.addEventListener("abort", () => reject(new Error("no answer within the time limit")), { once: true });
        work().then(resolve, reject);
      });
    } catch (cause) {
      throw new Error(explain(cause), { cause });
    }
  }
}

/** How the client proves itself at the token endpoint: HTTP Basic unless the provider knows the body only. */
function authenticationFor(supported: readonly string[] | undefined, clientSecret: string): oidc.ClientAuth {
  if (!clientSecret) return oidc.None();
  const basic = !supported || supported.includes("client_secret_basic") || !supported.includes("client_secret_post");
  return basic ? oidc.ClientSecretBasic(clientSecret) : oidc.ClientSecretPost(clientSecret);
}

function scopesOf({ oidc: provider }: OpenIdSettings): string {
  const asked = provider.scopes.length > 0 ? provider.scopes : ["profile", "email"];
  return [...new Set(["openid", ...asked])].join(" ");
}
