import { once } from "node:events";
import { createServer, type Server } from "node:https";
import { type Configuration, Provider } from "oidc-provider";
import { boundedFetch } from "../src/oidc/bounded-fetch.ts";
import type { TestAuthority } from "./authority.ts";
import { freePort } from "./ports.ts";

export const redirectUri = "https://control.example/auth/oidc/callback";
export const confidential = { clientId: "lqx", clientSecret: "the client's own secret" };
export const publicClient = { clientId: "lqx-public", clientSecret: "" };

export interface Person {
  sub: string;
  preferred_username?: string;
  name?: string;
  email?: string;
  email_verified?: boolean;
  groups?: string | string[];
}

export interface OidcServerOptions {
  claimsInIdToken?: boolean;
  redirectUris?: string[];
  /** Its redirect addresses may be http on loopback. */
  native?: boolean;
}

type Json = Record<string, unknown>;
const signing = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

/** A real OpenID provider (panva's oidc-provider) on loopback, over TLS; it lets in whoever `person` is, unasked. */
export class OidcServer implements AsyncDisposable {
  readonly issuer: string;
  person: Person | "denied" = {
    sub: "ada-1",
    preferred_username: "ada",
    name: "Ada Lovelace",
    email: "ada@example.org",
  };
  /** Changes an ID token's claims behind the provider's back; it is signed anew, with the provider's own key. */
  forgeClaims: ((claims: Json) => Json) | undefined;
  /** Changes a finished token, whose signature is then wrong, or what is at another of its paths. */
  tamper: ((path: string, body: Json) => Json) | undefined;
  /** Paths in the order in which they were asked for. */
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #key: CryptoKey;
  readonly #authority: TestAuthority;

  private constructor(parts: { issuer: string; server: Server; key: CryptoKey; authority: TestAuthority }) {
    this.issuer = parts.issuer;
    this.#server = parts.server;
    this.#key = parts.key;
    this.#authority = parts.authority;
  }

  static async start(authority: TestAuthority, options: OidcServerOptions = {}): Promise<OidcServer> {
    const port = await freePort();
    const issuer = `https://127.0.0.1:${port}`;
    const generated = { ...signing, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
    const keys = await crypto.subtle.generateKey(generated, true, ["sign", "verify"]);
    const { certPem, keyPem } = await authority.issue("127.0.0.1");
    const server = createServer({ cert: certPem, key: keyPem });
    const self = new OidcServer({ issuer, server, key: keys.privateKey, authority });
    const { key_ops: _, ext: __, ...exported } = await crypto.subtle.exportKey("jwk", keys.privateKey);
    const jwk = { ...exported, kid: "test", use: "sig", alg: "RS256" };
    const provider = new Provider(issuer, self.#configuration(jwk, options));
    provider.use(async (context, next) => {
      self.asked.push(context.path);
      if (context.path.startsWith("/interaction/")) {
        const result =
          self.person === "denied"
            ? { error: "access_denied", error_description: "not today" }
            : { login: { accountId: self.person.sub }, consent: {} };
        await provider.interactionFinished(context.req, context.res, result);
        context.respond = false;
        return;
      }
      await next();
      await self.#meddle(context);
    });
    server.on("request", provider.callback());
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return self;
  }

  /** What a browser does: follows redirects, keeps cookies, and ends where `stopAt` begins. */
  async browse(url: string, stopAt: string): Promise<URL> {
    const cookies = new Map<string, string>();
    const get = boundedFetch(this.#authority.caPem);
    for (let at = new URL(url), hops = 0; hops < 10; hops++) {
      if (at.href.startsWith(stopAt)) return at;
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const response = await get(at.href, { method: "GET", headers: { cookie }, body: null, redirect: "manual" });
      for (const line of response.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        cookies.set(name, value);
      }
      const location = response.headers.get("location");
      if (!location) throw new Error(`${at.href} answers ${response.status}: ${await response.text()}`);
      at = new URL(location, at);
    }
    throw new Error("the provider redirects for ever");
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.stop();
  }

  #configuration(jwk: Json, options: OidcServerOptions): Configuration {
    const common = {
      redirect_uris: options.redirectUris ?? [redirectUri],
      response_types: ["code" as const],
      application_type: options.native ? ("native" as const) : ("web" as const),
    };
    return {
      clients: [
        { ...common, client_id: confidential.clientId, client_secret: confidential.clientSecret },
        { ...common, client_id: publicClient.clientId, token_endpoint_auth_method: "none" },
      ],
      jwks: { keys: [jwk] },
      cookies: { keys: ["a key of the test"] },
      claims: {
        openid: ["sub"],
        profile: ["name", "preferred_username"],
        email: ["email", "email_verified"],
        groups: ["groups"],
      },
      conformIdTokenClaims: !options.claimsInIdToken,
      ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
      features: { devInteractions: { enabled: false } },
      pkce: { required: () => true },
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
      findAccount: (_, id) => ({
        accountId: id,
        claims: () => ({ ...(this.person === "denied" ? {} : this.person), sub: id }),
      }),
      // Nobody is asked for consent.
      async loadExistingGrant(context) {
        const { client, session, provider } = context.oidc;
        if (!client || !session?.accountId) return undefined;
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
        grant.addOIDCScope("openid profile email groups");
        await grant.save();
        return grant;
      },
    };
  }

  async #meddle(context: { path: string; body: unknown }): Promise<void> {
    if (typeof context.body !== "object" || context.body === null) return;
    let body = context.body as Json;
    const idToken = body["id_token"];
    if (this.forgeClaims && typeof idToken === "string") {
      body = { ...body, id_token: await this.#sign(idToken, this.forgeClaims) };
    }
    context.body = this.tamper ? this.tamper(context.path, body) : body;
  }

  async #sign(token: string, change: (claims: Json) => Json): Promise<string> {
    const [header = "", payload = ""] = token.split(".");
    const claims = change(JSON.parse(Buffer.from(payload, "base64url").toString()) as Json);
    const body = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
    const signature = await crypto.subtle.sign(signing, this.#key, Buffer.from(body));
    return `${body}.${Buffer.from(signature).toString("base64url")}`;
  }
}
