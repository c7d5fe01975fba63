import { problem, Reason } from "@limiquantix/api";
import { expect, test } from "vitest";
import { openIdentity, reasonOf } from "./identity-fixture.ts";
import type { ExternalUser, LoginProviders, OidcLogins } from "./provider-port.ts";
import { pendingLogins, users } from "./tables.ts";

const carol: ExternalUser = {
  providerId: "corp",
  externalId: "cn=carol",
  name: "carol",
  fullName: "Carol",
  email: "carol@corp",
  groupIds: [],
};

/** One directory that knows some people, and one OIDC provider. */
async function withProviders(known: Record<string, ExternalUser> = { carol }) {
  let oidc: OidcLogins | undefined;
  const asked: string[] = [];
  const providers = (logins: OidcLogins): LoginProviders => {
    oidc = logins;
    return {
      async authenticate(name, password) {
        asked.push(name);
        if (name === "down") throw problem(Reason.PROVIDER_FAILED, { provider: "corp", why: "it is away" });
        return password === "secret" ? known[name] : undefined;
      },
      list: () => [{ name: "corp", displayName: "Corporation", oidc: false }],
      async startOidc({ returnTo, origin }) {
        const secrets = { nonce: "n", codeVerifier: "v", redirectUri: `${origin}/auth/oidc/callback` };
        const { loginId } = await logins.start({ providerId: "oidc", returnTo, state: "state-1", secrets });
        return { url: "https://idp.example/authorize", loginId };
      },
    };
  };
  const fixture = await openIdentity({ providers });
  return { ...fixture, asked, known, oidc: () => oidc! };
}

test("a directory's user is made at the first login, and brought up to date at each", async () => {
  const { as, login, known, db } = await withProviders();
  const { groups } = as(await login());
  const { id: staff } = await groups.createGroup({ name: "staff" });
  const { id: board } = await groups.createGroup({ name: "board" });
  known["carol"] = { ...carol, groupIds: [staff, "gone"] };
  const first = as(await login("carol", "secret"));
  const { id } = await first.auth.whoAmI({});
  expect(await first.auth.whoAmI({})).toMatchObject({ name: "carol", providerId: "corp", groupIds: [staff] });
  await groups.addGroupMember({ id: staff, userId: id });
  known["carol"] = { ...carol, name: "carol", fullName: "Carol Smith", groupIds: [board] };
  const second = as(await login("carol", "secret"));
  expect(await second.auth.whoAmI({})).toMatchObject({ id, fullName: "Carol Smith" });
  expect(await groups.getGroup({ id: staff })).toMatchObject({ memberIds: [id], providedMemberIds: [] });
  expect(await groups.getGroup({ id: board })).toMatchObject({ memberIds: [], providedMemberIds: [id] });
  expect(db.count(users)).toBe(2);
  expect(await reasonOf(login("carol", "wrong"))).toBe("LOGIN_FAILED");
});

test("a directory takes over no local user, nor another provider's", async () => {
  const { as, login, known, asked, first, db } = await withProviders({
    admin: { ...carol, externalId: "cn=admin", name: "admin" },
  });
  expect(await reasonOf(login("admin", "secret"))).toBe("LOGIN_FAILED");
  expect(asked).toEqual([]);
  const named = await as("").auth.login({ username: "admin", password: "secret", provider: "corp" });
  expect(named.user).toMatchObject({ name: "admin@corp", administrator: false });
  expect(await login("admin", first?.password)).toMatch(/^lqx_/);
  known["dan"] = { ...carol, externalId: "", name: "dan" };
  expect(await reasonOf(login("dan", "secret"))).toBe("INTERNAL");
  known["odd"] = { ...carol, externalId: "cn=odd", name: "../odd\nname" };
  await login("odd", "secret");
  expect([...db.all(users)].map(({ user }) => user?.name).toSorted()).toEqual(["admin", "admin@corp", "odd-name"]);
});

test("its users are disabled here, keep their passwords there, and are not to blame when it is away", async () => {
  const { as, login } = await withProviders();
  const session = as(await login("carol", "secret"));
  const { id } = await session.auth.whoAmI({});
  const change = { oldPassword: "secret", newPassword: "another secret" };
  expect(await reasonOf(session.auth.changePassword(change))).toBe("UNSUPPORTED");
  const admin = as(await login());
  expect(await reasonOf(admin.users.resetPassword({ id }))).toBe("UNSUPPORTED");
  await admin.users.updateUser({ id, user: { disabled: true }, updateMask: { paths: ["disabled"] } });
  expect(await reasonOf(login("carol", "secret"))).toBe("LOGIN_FAILED");
  for (let i = 0; i < 8; i++) expect(await reasonOf(login("down", "x"))).toBe("PROVIDER_FAILED");
});

test("an OIDC login is traded once for a session, by who has its id and its code", async () => {
  const { as, oidc, db, login } = await withProviders();
  const headers = { host: "lqx.example", origin: "https://lqx.example" };
  const { auth } = as("", { headers });
  const { loginId } = await auth.startOidcLogin({ provider: "oidc", returnTo: "/" });
  const finish = (id: string, value: string) => auth.finishLogin({ loginId: id, proof: { case: "oidcCode", value } });
  expect(await reasonOf(finish(loginId, ""))).toBe("LOGIN_FAILED");
  expect(await oidc().take("state-2")).toBeUndefined();
  const taken = await oidc().take("state-1");
  expect(taken).toMatchObject({
    loginId,
    providerId: "oidc",
    returnTo: "/",
    secrets: { nonce: "n", codeVerifier: "v" },
  });
  expect(taken?.secrets.redirectUri).toBe("https://lqx.example/auth/oidc/callback");
  expect(await oidc().take("state-1")).toBeUndefined();
  const [row] = [...db.all(pendingLogins)];
  expect(new TextDecoder("latin1").decode(row!.sealedOidc)).not.toContain("redirectUri");
  const { code } = await oidc().finish(loginId, { ...carol, providerId: "oidc" });
  expect(await reasonOf(finish(loginId, "guess"))).toBe("LOGIN_FAILED");
  expect(await reasonOf(finish("guess", code))).toBe("LOGIN_EXPIRED");
  const policy = { ...(await as(await login()).users.getLoginPolicy({})), requireSecondFactor: true };
  const { token } = await finish(loginId, code);
  expect(await reasonOf(finish(loginId, code))).toBe("LOGIN_EXPIRED");
  await as(await login()).users.updateLoginPolicy({ policy });
  // Its second factors are the provider's matter.
  expect(await reasonOf(as(token).system.getSystemInfo({}))).toBe("ok");
});

test("an OIDC login that waits is finished by no code of an authenticator app", async () => {
  const { as } = await withProviders();
  const { loginId } = await as("").auth.startOidcLogin({ provider: "oidc", returnTo: "/" });
  for (const proof of [
    { case: "totpCode", value: "000000" } as const,
    { case: "recoveryCode", value: "x" } as const,
    { case: "passkeyJson", value: "{}" } as const,
  ]) {
    expect(await reasonOf(as("").auth.finishLogin({ loginId, proof }))).toBe("LOGIN_FAILED");
  }
});

test("without providers there are none", async () => {
  const { as } = await openIdentity();
  expect((await as("").auth.listLoginMethods({})).providers).toEqual([]);
  expect(await reasonOf(as("").auth.startOidcLogin({ provider: "x", returnTo: "/" }))).toBe("NOT_FOUND");
});
