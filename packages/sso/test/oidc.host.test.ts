import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { OidcProviderSchema } from "@limiquantix/api";
import type { OpenIdBinding, OpenIdSettings } from "@limiquantix/control";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { OpenIdConnect } from "../src/index.ts";
import { TestAuthority } from "./authority.ts";
import { confidential, OidcServer, publicClient, redirectUri } from "./oidc-server.ts";
import { freePort } from "./ports.ts";

let authority: TestAuthority;
let server: OidcServer;
const openId = new OpenIdConnect();

beforeAll(async () => {
  authority = await TestAuthority.make("provider authority");
  server = await OidcServer.start(authority);
});
afterAll(() => server[Symbol.asyncDispose]());
afterEach(() => {
  server.forgeClaims = undefined;
  server.tamper = undefined;
  server.person = ada;
});

const ada = { sub: "ada-1", preferred_username: "ada", name: "Ada Lovelace", email: "ada@example.org" };
const binding: OpenIdBinding = {
  redirectUri,
  state: "a state of at least some length",
  nonce: "a nonce of at least some length",
  codeVerifier: "a-verifier-of-at-least-43-characters-0123456789",
};
let lastKey = 0;

function settings(
  change: MessageInitShape<typeof OidcProviderSchema> = {},
  client = confidential,
  issuer = server.issuer,
): OpenIdSettings {
  const oidc = create(OidcProviderSchema, {
    issuer,
    clientId: client.clientId,
    caPem: authority.caPem,
    scopes: ["profile", "email", "groups"],
    ...change,
  });
  return { cacheKey: `test ${++lastKey}`, oidc, clientSecret: client.clientSecret };
}

/** Sends a browser there, and answers what it brings back. */
async function answerOf(wanted: OpenIdSettings, bound = binding, at = server): Promise<URLSearchParams> {
  const url = await openId.authorizationUrl(wanted, bound);
  return (await at.browse(url, redirectUri)).searchParams;
}

async function login(wanted: OpenIdSettings) {
  return openId.exchange(wanted, binding, await answerOf(wanted));
}

describe("a login at an OpenID provider", () => {
  it("takes over who it is, from userinfo where the ID token is short", async () => {
    server.person = { ...ada, groups: ["developers", "staff"] };
    expect(await login(settings())).toEqual({
      externalId: "ada-1",
      username: "ada",
      name: "Ada Lovelace",
      email: "ada@example.org",
      groups: [{ id: "developers" }, { id: "staff" }],
    });
    expect(server.asked).toContain("/me");
  });

  it("asks for nothing more where the ID token has it all", async () => {
    await using whole = await OidcServer.start(authority, { claimsInIdToken: true });
    whole.person = { ...ada, groups: "developers" };
    const wanted = settings({}, confidential, whole.issuer);
    const person = await openId.exchange(wanted, binding, await answerOf(wanted, binding, whole));
    expect(person.groups).toEqual([{ id: "developers" }]);
    expect(whole.asked).not.toContain("/me");
  });

  it("needs no secret for a public client", async () => {
    expect((await login(settings({}, publicClient))).username).toBe("ada");
  });

  it("sends the challenge, never the verifier, and asks for openid whatever the scopes are", async () => {
    const url = new URL(await openId.authorizationUrl(settings({ scopes: ["email"] }), binding));
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: "code",
      scope: "openid email",
      code_challenge_method: "S256",
      state: binding.state,
      nonce: binding.nonce,
    });
    expect(url.href).not.toContain(binding.codeVerifier);
  });

  it("discovers once", async () => {
    const wanted = settings();
    const before = server.asked.filter((path) => path.startsWith("/.well-known")).length;
    await login(wanted);
    await login(wanted);
    expect(server.asked.filter((path) => path.startsWith("/.well-known")).length).toBe(before + 1);
  });

  it("takes other claims for the name, and only an e-mail address that was verified", async () => {
    server.person = { sub: "ada-1", email: "ada@example.org", email_verified: true };
    expect((await login(settings({ usernameClaim: "email" }))).username).toBe("ada@example.org");
    server.person = { sub: "ada-1", email: "boss@example.org", email_verified: false };
    await expect(login(settings({ usernameClaim: "email" }))).rejects.toThrow("has not verified");
    await expect(login(settings())).rejects.toThrow("no claim preferred_username");
  });
});

describe("an answer that is not the provider's own to this login is refused", () => {
  it("with another state", async () => {
    const wanted = settings();
    const answer = await answerOf(wanted);
    await expect(openId.exchange(wanted, { ...binding, state: "another" }, answer)).rejects.toThrow(/state/);
  });

  it("with a code that was used", async () => {
    const wanted = settings();
    const answer = await answerOf(wanted);
    await openId.exchange(wanted, binding, answer);
    await expect(openId.exchange(wanted, binding, answer)).rejects.toThrow(/grant/);
  });

  it("with a code that was made up", async () => {
    const wanted = settings();
    const answer = await answerOf(wanted);
    answer.set("code", "made-up");
    await expect(openId.exchange(wanted, binding, answer)).rejects.toThrow(/grant/);
  });

  it("with another PKCE verifier: a stolen code is worth nothing", async () => {
    const wanted = settings();
    const stolen = { ...binding, codeVerifier: "another-verifier-of-at-least-43-characters-0123" };
    await expect(openId.exchange(wanted, stolen, await answerOf(wanted))).rejects.toThrow(/grant/);
  });

  it("with another nonce", async () => {
    const wanted = settings();
    await expect(openId.exchange(wanted, { ...binding, nonce: "another" }, await answerOf(wanted))).rejects.toThrow(
      /claim value/,
    );
  });

  it("from another issuer (RFC 9207)", async () => {
    const wanted = settings();
    const answer = await answerOf(wanted);
    answer.set("iss", "https://evil.example");
    await expect(openId.exchange(wanted, binding, answer)).rejects.toThrow(/iss/);
  });

  it("with a wrong client secret", async () => {
    const wanted = settings({}, { ...confidential, clientSecret: "wrong" });
    await expect(login(wanted)).rejects.toThrow(/client/);
  });

  it.each([
    ["of another issuer", { iss: "https://evil.example" }],
    ["for another client", { aud: "another" }],
    ["that has expired", { exp: 1_000_000_000 }],
    ["without a subject", { sub: undefined }],
    ["for another login", { nonce: "another" }],
    ["without a nonce", { nonce: undefined }],
  ])("with an ID token %s, though its signature is good", async (_, change) => {
    server.forgeClaims = (claims) => ({ ...claims, ...change });
    await expect(login(settings())).rejects.toThrow(/JWT|claim|exp|ID Token/);
  });

  it("with an ID token that was changed behind its signature", async () => {
    server.tamper = (_, body) => {
      if (typeof body["id_token"] !== "string") return body;
      const [header, payload = "", signature] = body["id_token"].split(".");
      const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
      const forged = Buffer.from(JSON.stringify({ ...claims, sub: "root" })).toString("base64url");
      return { ...body, id_token: `${header}.${forged}.${signature}` };
    };
    await expect(login(settings())).rejects.toThrow(/signature/);
  });

  it("with an ID token that has no signature", async () => {
    server.tamper = (_, body) => {
      if (typeof body["id_token"] !== "string") return body;
      const header = Buffer.from('{"alg":"none"}').toString("base64url");
      return { ...body, id_token: `${header}.${body["id_token"].split(".")[1]}.` };
    };
    await expect(login(settings())).rejects.toThrow();
  });

  it("with userinfo about somebody else", async () => {
    server.tamper = (path, body) => (path === "/me" ? { ...body, sub: "root" } : body);
    await expect(login(settings())).rejects.toThrow();
  });

  it("with the provider's no", async () => {
    server.person = "denied";
    const wanted = settings();
    const answer = await answerOf(wanted);
    expect(answer.get("error")).toBe("access_denied");
    await expect(openId.exchange(wanted, binding, answer)).rejects.toThrow();
  });
});

describe("what keeps a provider from answering is said in plain words", () => {
  it("an authority that is not trusted", async () => {
    await expect(openId.authorizationUrl(settings({ caPem: "" }), binding)).rejects.toThrow("not trusted");
  });

  it("a dead provider", async () => {
    const dead = settings({}, confidential, `https://127.0.0.1:${await freePort()}`);
    await expect(openId.authorizationUrl(dead, binding)).rejects.toThrow("nothing listens there");
  });

  it("one that says nothing", async () => {
    const mute = createServer().listen(0, "127.0.0.1");
    await once(mute, "listening");
    const { port } = mute.address() as AddressInfo;
    const impatient = new OpenIdConnect({ deadlineMs: 300 });
    const wanted = settings({}, confidential, `https://127.0.0.1:${port}`);
    await expect(impatient.authorizationUrl(wanted, binding)).rejects.toThrow("time");
    mute.close();
  });

  it("one that names another issuer than itself", async () => {
    server.tamper = (path, body) =>
      path.startsWith("/.well-known") ? { ...body, issuer: "https://evil.example" } : body;
    await expect(openId.authorizationUrl(settings(), binding)).rejects.toThrow(/issuer/);
  });

  it("one that has endpoints without TLS", async () => {
    const plain = { token_endpoint: "http://evil.example/token" };
    server.tamper = (path, body) => (path.startsWith("/.well-known") ? { ...body, ...plain } : body);
    await expect(login(settings())).rejects.toThrow(/HTTPS/);
  });

  it("one that answers without end", async () => {
    server.tamper = (path, body) => (path.startsWith("/.well-known") ? { ...body, much: "x".repeat(2 ** 21) } : body);
    await expect(openId.authorizationUrl(settings(), binding)).rejects.toThrow("more than 1 MiB");
  });

  it("and a test tells each step", async () => {
    const steps: string[] = [];
    await openId.inspect(settings(), steps);
    expect(steps).toEqual([
      `${server.issuer} describes itself (discovery), and names itself so too`,
      `logins go to ${server.issuer}/auth`,
      `1 keys that sign its tokens are at ${server.issuer}/jwks`,
    ]);
    server.tamper = (path, body) => (path === "/jwks" ? { keys: [] } : body);
    await expect(openId.inspect(settings(), [])).rejects.toThrow("no keys");
  });
});
