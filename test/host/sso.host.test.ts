import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import { createClient, type Client, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { AuthService, IdentityProviderService } from "@limiquantix/api";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TestAuthority } from "../../packages/sso/test/authority.ts";
import { entries } from "../../packages/sso/test/entries.ts";
import { confidential, OidcServer } from "../../packages/sso/test/oidc-server.ts";
import { freePort } from "../../packages/sso/test/ports.ts";
import { reader, Slapd, suffix } from "../../packages/sso/test/slapd.ts";
import { Daemon, until } from "./stack.ts";

/** The control plane as a process: people log in by a real OpenLDAP and a real OpenID provider. */
let directory: string;
let url: string;
let daemon: Daemon;
let slapd: Slapd;
let corp: OidcServer;
let admin = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lqx-sso-"));
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const authority = await TestAuthority.make("everybody's authority");
  slapd = await Slapd.start(authority, entries);
  corp = await OidcServer.start(authority, { redirectUris: [`${url}/auth/oidc/callback`], native: true });
  const data = join(directory, "control");
  const args = ["--data", data, "--listen", `127.0.0.1:${port}`];
  daemon = new Daemon("limiquantix-controlplane", args, join(directory, "log"));
  await daemon.start();
  await until("the control plane is ready", async () => (await fetch(`${url}/ready`)).ok);
  const password = /password:?\s*(\S+)/i.exec(await readFile(join(data, "first-login"), "utf8"))?.[1] ?? "";
  admin = (await as("", AuthService).login({ username: "admin", password })).token;
  const common = { caPem: authority.caPem };
  const providers = as(admin, IdentityProviderService);
  const ldap = {
    ...common,
    urls: [slapd.ldapsUrl],
    bindDn: reader.dn,
    bindPassword: reader.password,
    userBaseDn: `ou=people,${suffix}`,
  };
  await providers.createProvider({ provider: { name: "ldap", kind: { case: "ldap", value: ldap } } });
  const oidc = { ...common, ...confidential, issuer: corp.issuer };
  await providers.createProvider({ provider: { name: "corp", kind: { case: "oidc", value: oidc } } });
});
afterAll(async () => {
  await daemon.stop();
  await corp[Symbol.asyncDispose]();
  await slapd[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

function as<S extends DescService>(token: string, service: S): Client<S> {
  const authorize: Interceptor = (next) => (request) => {
    if (token) request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  const options = { httpVersion: "1.1" as const, baseUrl: url, interceptors: [authorize] };
  return createClient(service, createConnectTransport(options));
}

it("ada logs in by LDAP", async () => {
  const { token } = await as("", AuthService).login({ username: "ada", password: "ada's secret" });
  expect(await as(token, AuthService).whoAmI({})).toMatchObject({ name: "ada", fullName: "Ada Lovelace" });
});

it("ada logs in by OpenID Connect, by way of the callback, to a program on her machine", async () => {
  const auth = as("", AuthService);
  const { url: away, loginId } = await auth.startOidcLogin({ provider: "corp", returnTo: "http://127.0.0.1:9/done" });
  const callback = await corp.browse(away, `${url}/auth/oidc/callback`);
  const response = await fetch(callback, { redirect: "manual" });
  expect(response.status).toBe(303);
  const back = new URL(response.headers.get("location") ?? "");
  expect(back.href).toMatch(/^http:\/\/127\.0\.0\.1:9\/done\?/);
  expect(back.searchParams.get("login_id")).toBe(loginId);
  const proof = { case: "oidcCode" as const, value: back.searchParams.get("code") ?? "" };
  const { token } = await auth.finishLogin({ loginId, proof });
  expect((await as(token, AuthService).whoAmI({})).fullName).toBe("Ada Lovelace");
  expect((await fetch(callback, { redirect: "manual" })).status).toBe(400);
});

it("its log holds no secret", async () => {
  const said = await daemon.log();
  for (const secret of [reader.password, confidential.clientSecret, "ada's secret"]) expect(said).not.toContain(secret);
});
