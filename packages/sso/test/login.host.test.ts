import { AuthService, GroupService, IdentityProviderService, UserService } from "@limiquantix/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestAuthority } from "./authority.ts";
import { host, reasonOf, TestControlPlane } from "./control.ts";
import { adaDn, entries, groupDn } from "./entries.ts";
import { confidential, OidcServer } from "./oidc-server.ts";
import { freePort } from "./ports.ts";
import { reader, Slapd, suffix } from "./slapd.ts";

/** People log in at the real control plane by a real OpenLDAP and real OpenID providers. */
let authority: TestAuthority;
let slapd: Slapd;
let plane: TestControlPlane;
/** Two, each with an ada of its own. */
let corp: OidcServer;
let partner: OidcServer;
const group: Record<string, string> = {};

const callback = `https://${host}/auth/oidc/callback`;
const returnTo = "http://127.0.0.1:40123/done";
const ldapKind = () => ({
  case: "ldap" as const,
  value: {
    urls: [slapd.ldapsUrl],
    caPem: authority.caPem,
    bindDn: reader.dn,
    bindPassword: reader.password,
    userBaseDn: `ou=people,${suffix}`,
    groupBaseDn: `ou=groups,${suffix}`,
    nestedGroups: true,
  },
});
const oidcKind = (server: OidcServer) => ({
  case: "oidc" as const,
  value: {
    issuer: server.issuer,
    clientId: confidential.clientId,
    clientSecret: confidential.clientSecret,
    caPem: authority.caPem,
    scopes: ["profile", "email", "groups"],
  },
});

beforeAll(async () => {
  authority = await TestAuthority.make("everybody's authority");
  slapd = await Slapd.start(authority, entries);
  [corp, partner] = [await start(), await start()];
  plane = await TestControlPlane.start();
  for (const name of ["ops", "devs"]) group[name] = (await plane.admin(GroupService).createGroup({ name })).id;
  const [ops = "", devs = ""] = [group["ops"], group["devs"]];
  const providers = plane.admin(IdentityProviderService);
  const groupMappings = [
    { external: groupDn("engineers"), groupId: ops },
    { external: "strangers", groupId: devs },
  ];
  await providers.createProvider({ provider: { name: "ldap", kind: ldapKind(), groupMappings } });
  const claims = [
    { external: "ops", groupId: ops },
    { external: "devs", groupId: devs },
  ];
  await providers.createProvider({ provider: { name: "corp", kind: oidcKind(corp), groupMappings: claims } });
  await providers.createProvider({ provider: { name: "partner", displayName: "Partner", kind: oidcKind(partner) } });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  for (const server of [corp, partner]) await server[Symbol.asyncDispose]();
  await slapd[Symbol.asyncDispose]();
});

const start = () => OidcServer.start(authority, { redirectUris: [callback] });
const auth = () => plane.as("", AuthService);
const whoIs = (token: string) => plane.as(token, AuthService).whoAmI({});

async function answer(from: URL): Promise<URL> {
  const { signOn } = plane.control;
  if (!signOn) throw new Error("the control plane runs without single sign-on");
  return new URL(await signOn.answerOidc(from.searchParams, host));
}

/** A browser's way: to the provider, back to the callback, and on to where the login began. */
async function oidcLogin(provider: string, at: OidcServer): Promise<{ loginId: string; back: URL; brought: URL }> {
  const { url, loginId } = await auth().startOidcLogin({ provider, returnTo });
  const brought = await at.browse(url, callback);
  return { loginId, brought, back: await answer(brought) };
}

async function oidcToken(provider: string, at: OidcServer): Promise<string> {
  const { loginId, back } = await oidcLogin(provider, at);
  const oidcCode = back.searchParams.get("code") ?? "";
  return (await auth().finishLogin({ loginId, proof: { case: "oidcCode", value: oidcCode } })).token;
}

it("a login page hears what there is", async () => {
  expect((await auth().listLoginMethods({})).providers).toMatchObject([
    { name: "ldap", displayName: "ldap", oidc: false },
    { name: "corp", oidc: true },
    { name: "partner", displayName: "Partner", oidc: true },
  ]);
});

describe("by LDAP", () => {
  const login = (password: string, provider = "") => auth().login({ username: "ada", password, provider });

  it("ada logs in, named or not, and is in the groups that hers map to", async () => {
    const { token } = await login("ada's secret");
    const user = await whoIs(token);
    expect(user).toMatchObject({
      name: "ada",
      fullName: "Ada Lovelace",
      email: "ada@example.org",
      administrator: false,
    });
    expect(user.groupIds).toEqual([group["ops"]]);
    const again = await whoIs((await login("ada's secret", "ldap")).token);
    expect(again.id).toBe(user.id);
  });

  it("a wrong password is one, and no name is a filter", async () => {
    expect(await reasonOf(login("wrong"))).toBe("LOGIN_FAILED");
    const injected = { username: "*)(uid=*", password: "ada's secret", provider: "ldap" };
    expect(await reasonOf(auth().login(injected))).toBe("LOGIN_FAILED");
  });

  it("a local user's name is theirs: a directory's password is no good for it", async () => {
    expect(await reasonOf(auth().login({ username: "admin", password: "ada's secret" }))).toBe("LOGIN_FAILED");
  });

  it("a test says what a login would find", async () => {
    const tested = await plane.admin(IdentityProviderService).testProvider({ id: "ldap", username: "ada" });
    expect(tested).toMatchObject({ works: true, dn: adaDn, name: "Ada Lovelace", groupIds: [group["ops"]] });
    expect(tested.externalGroups).toHaveLength(3);
  });

  it("a directory that is dead is said to be, without its address; the log has it", async () => {
    const dead = `ldaps://127.0.0.1:${await freePort()}`;
    const kind = { case: "ldap" as const, value: { ...ldapKind().value, urls: [dead] } };
    const providers = plane.admin(IdentityProviderService);
    const { id } = await providers.createProvider({ provider: { name: "dead", kind } });
    const call = login("ada's secret", "dead");
    await expect(call).rejects.not.toThrow(dead);
    expect(await reasonOf(call)).toBe("PROVIDER_FAILED");
    expect(plane.log.join("\n")).toContain(`${dead}: nothing listens there`);
    const { works, steps } = await providers.testProvider({ id });
    expect(works).toBe(false);
    expect(steps.at(-1)).toContain("nothing listens there");
    await providers.deleteProvider({ id });
  });
});

describe("by OpenID Connect", () => {
  it("ada logs in, and the second login has the groups that she is in by then", async () => {
    corp.person = { sub: "1", preferred_username: "ada.l", name: "Ada", email: "a@corp.example", groups: ["ops"] };
    const first = await whoIs(await oidcToken("corp", corp));
    expect(first).toMatchObject({ name: "ada.l", fullName: "Ada", groupIds: [group["ops"]] });
    corp.person = { ...corp.person, groups: ["devs", "others"] };
    const second = await whoIs(await oidcToken("corp", corp));
    expect(second).toMatchObject({ id: first.id, groupIds: [group["devs"]] });
  });

  it("two providers' users of one name and one subject are two people", async () => {
    corp.person = { sub: "1", preferred_username: "ada.l" };
    partner.person = { sub: "1", preferred_username: "ada.l" };
    const [one, other] = [await whoIs(await oidcToken("corp", corp)), await whoIs(await oidcToken("partner", partner))];
    expect(other.id).not.toBe(one.id);
    expect(other.name).toBe("ada.l@partner");
  });

  it("an answer is good once, and so is its code", async () => {
    const { loginId, back, brought } = await oidcLogin("corp", corp);
    await expect(answer(brought)).rejects.toThrow("belongs to no login");
    expect(back.origin + back.pathname).toBe(returnTo);
    expect(back.searchParams.get("login_id")).toBe(loginId);
    const proof = { case: "oidcCode" as const, value: back.searchParams.get("code") ?? "" };
    expect(await reasonOf(auth().finishLogin({ loginId, proof }))).toBe("ok");
    expect(await reasonOf(auth().finishLogin({ loginId, proof }))).toBe("LOGIN_EXPIRED");
  });

  it("a code is nothing with another login's id: nobody is logged in as somebody else", async () => {
    const mine = await auth().startOidcLogin({ provider: "corp", returnTo });
    const { back } = await oidcLogin("corp", corp);
    const proof = { case: "oidcCode" as const, value: back.searchParams.get("code") ?? "" };
    expect(await reasonOf(auth().finishLogin({ loginId: mine.loginId, proof }))).not.toBe("ok");
  });

  it("an answer to no login, or at another address than it began at, goes nowhere", async () => {
    await expect(answer(new URL(`${callback}?code=x&state=made-up`))).rejects.toThrow("belongs to no login");
    await expect(answer(new URL(`${callback}?code=x`))).rejects.toThrow("belongs to no login");
    const { url } = await auth().startOidcLogin({ provider: "corp", returnTo });
    const { searchParams } = await corp.browse(url, callback);
    await expect(plane.control.signOn?.answerOidc(searchParams, "evil.example")).rejects.toThrow("another address");
  });

  it("another provider's answer is refused, and the browser goes back with an error", async () => {
    const { url } = await auth().startOidcLogin({ provider: "corp", returnTo });
    const state = new URL(url).searchParams.get("state") ?? "";
    const other = await auth().startOidcLogin({ provider: "partner", returnTo });
    const brought = await partner.browse(other.url, callback);
    brought.searchParams.set("state", state);
    const back = await answer(brought);
    expect(back.searchParams.get("error")).toBe("provider_failed");
    expect(back.searchParams.has("code")).toBe(false);
  });

  it("the provider's no comes back as it is", async () => {
    corp.person = "denied";
    const { back } = await oidcLogin("corp", corp);
    expect(back.searchParams.get("error")).toBe("access_denied");
    corp.person = { sub: "1", preferred_username: "ada.l" };
  });

  it.each(["https://evil.example/", "//evil.example/", "http://localhost:1/"])("no login returns to %s", async (to) => {
    expect(await reasonOf(auth().startOidcLogin({ provider: "corp", returnTo: to }))).toBe("INVALID_REQUEST");
  });

  it("a disabled provider lets nobody in, nor one that is deleted, which ends its sessions", async () => {
    const providers = plane.admin(IdentityProviderService);
    const token = await oidcToken("partner", partner);
    const { id } = await providers.getProvider({ id: "partner" });
    const waiting = await auth().startOidcLogin({ provider: "partner", returnTo });
    await providers.updateProvider({ id, provider: { disabled: true }, updateMask: { paths: ["disabled"] } });
    expect(await reasonOf(auth().startOidcLogin({ provider: "partner", returnTo }))).toBe("NOT_FOUND");
    const back = await answer(await partner.browse(waiting.url, callback));
    expect(back.searchParams.get("error")).toBe("login_expired");
    expect(await reasonOf(whoIs(token))).toBe("ok");
    await providers.deleteProvider({ id });
    expect(await reasonOf(whoIs(token))).toBe("UNAUTHENTICATED");
    const { users } = await plane.admin(UserService).listUsers({});
    expect(users.map(({ name }) => name)).toContain("ada.l@partner");
  });
});

it("nothing secret is in the log", () => {
  const said = plane.log.join("\n");
  for (const secret of ["ada's secret", reader.password, confidential.clientSecret]) expect(said).not.toContain(secret);
});
