import { fromConnectError, GrantService, GroupService, IdentityProviderService, RoleService } from "@limiquantix/api";
import { AuditService, AuthService, User_Kind, UserService } from "@limiquantix/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestAuthority } from "./authority.ts";
import { reasonOf, TestControlPlane } from "./control.ts";

let plane: TestControlPlane;
let caPem: string;
beforeAll(async () => {
  caPem = (await TestAuthority.make("an authority")).caPem;
  plane = await TestControlPlane.start();
});
afterAll(() => plane[Symbol.asyncDispose]());

const oidc = (change: object = {}) => ({
  case: "oidc" as const,
  value: { issuer: "https://login.example", clientId: "lqx", clientSecret: "s3cret-of-the-client", ...change },
});
const ldap = (change: object = {}) => ({
  case: "ldap" as const,
  value: {
    urls: ["ldaps://ldap.example"],
    bindDn: "cn=reader,dc=example",
    bindPassword: "s3cret-of-the-reader",
    userBaseDn: "dc=example",
    ...change,
  },
});

/** Bytes as the text that may be in them. */
function readable(_: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  return typeof value === "bigint" ? String(value) : value;
}

async function faultsOf(provider: object): Promise<string[]> {
  const call = plane.admin(IdentityProviderService).createProvider({ provider: { name: "x", ...provider } });
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  return fromConnectError(error).fields.map(({ field }) => field ?? "");
}

describe("a provider's description", () => {
  it.each([
    ["http", oidc({ issuer: "http://login.example" }), ["oidc.issuer"]],
    ["a document", oidc({ issuer: "https://login.example/.well-known/openid-configuration" }), ["oidc.issuer"]],
    ["a query", oidc({ issuer: "https://login.example/?a=b" }), ["oidc.issuer"]],
    ["nothing", oidc({ issuer: "", clientId: "" }), ["oidc.issuer", "oidc.issuer", "oidc.clientId"]],
    ["two scopes in one", oidc({ scopes: ["a b"] }), ["oidc.scopes"]],
    ["no PEM", oidc({ caPem: "hello" }), ["oidc.caPem"]],
    ["plain ldap", ldap({ urls: ["ldap://ldap.example"] }), ["ldap.urls[0]"]],
    ["a path", ldap({ urls: ["ldaps://ldap.example/dc=x"] }), ["ldap.urls[0]"]],
    ["another protocol", ldap({ urls: ["https://ldap.example"] }), ["ldap.urls[0]"]],
    ["no password", ldap({ bindPassword: "" }), ["ldap.bindPassword"]],
    ["a filter for anybody", ldap({ userFilter: "(uid=*)" }), ["ldap.userFilter"]],
    ["a broken filter", ldap({ groupFilter: "(member={dn}" }), ["ldap.groupFilter"]],
    ["an odd attribute", ldap({ nameAttribute: "cn)(x" }), ["ldap.nameAttribute"]],
  ])("is refused with %s", async (_, kind, fields) => {
    expect(await faultsOf({ kind })).toEqual(fields.map((field) => `provider.${field}`));
  });

  it("is refused without a kind, and with a mapping to no group", async () => {
    expect(await faultsOf({})).toEqual(["provider.oidc"]);
    const groupMappings = [{ external: "staff", groupId: "0197a000-0000-7000-8000-000000000000" }];
    const both = ["provider.ldap.groupBaseDn", "provider.groupMappings[0].groupId"];
    expect(await faultsOf({ kind: ldap(), groupMappings })).toEqual(both);
  });

  it("keeps its secret sealed, and never answers it", async () => {
    const providers = plane.admin(IdentityProviderService);
    const made = await providers.createProvider({
      provider: { name: "corp", kind: ldap({ caPem }) },
      idempotencyKey: "k",
    });
    const again = await providers.createProvider({
      provider: { name: "corp", kind: ldap({ caPem }) },
      idempotencyKey: "k",
    });
    expect(again).toEqual(made);
    const answers = [made, await providers.getProvider({ id: "corp" }), await providers.listProviders({})];
    const stored = [...(plane.db.changesSince(0) ?? [])].flatMap(({ changes }) => changes.map(({ after }) => after));
    const text = (value: unknown) => JSON.stringify(value, readable);
    const audited: unknown[] = [];
    for await (const part of plane.admin(AuditService).exportAudit({})) audited.push(part);
    expect(text(audited)).toContain("CreateProvider");
    for (const where of [text(answers), text(stored), text(audited), plane.log.join("\n")])
      expect(where).not.toContain("s3cret");
  });

  it("changes by a mask; a secret stays, but is not sent to another address", async () => {
    const providers = plane.admin(IdentityProviderService);
    const { id, revision } = await providers.createProvider({ provider: { name: "change", kind: ldap() } });
    const update = (provider: object, ...paths: string[]) =>
      providers.updateProvider({ id, provider, updateMask: { paths } });
    expect(await update({ displayName: "Corp" }, "display_name")).toMatchObject({
      displayName: "Corp",
      name: "change",
    });
    expect((await update({ disabled: true }, "disabled")).revision).toBeGreaterThan(revision);
    await update({ kind: ldap({ bindPassword: "", userFilter: "(mail={username})" }) }, "ldap.user_filter");
    const elsewhere = { kind: ldap({ bindPassword: "", urls: ["ldaps://evil.example"] }) };
    await expect(update(elsewhere, "ldap.urls")).rejects.toThrow(/bindPassword: must be sent again/);
    expect(await reasonOf(update({ kind: ldap({ urls: ["ldaps://new.example"] }) }, "ldap"))).toBe("ok");
    expect(await reasonOf(update({}, "nonsense"))).toBe("INVALID_REQUEST");
    expect(
      await reasonOf(providers.updateProvider({ id, revision, updateMask: { paths: ["disabled"] }, provider: {} })),
    ).toBe("REVISION_CONFLICT");
    const dry = await providers.deleteProvider({ id, dryRun: true });
    expect(dry).toBeDefined();
    await providers.deleteProvider({ id });
    expect(await reasonOf(providers.getProvider({ id }))).toBe("NOT_FOUND");
  });
});

it("whoever may change providers gains no right by it that they do not have", async () => {
  const [roles, grants, groups] = [plane.admin(RoleService), plane.admin(GrantService), plane.admin(GroupService)];
  const role = await roles.createRole({ name: "sso-keeper", privileges: ["provider.*", "vm.view"] });
  const { user: keeper } = await plane.admin(UserService).createUser({ name: "keeper", kind: User_Kind.SERVICE });
  const userId = keeper?.id ?? "";
  await grants.createGrant({ holder: { case: "userId", value: userId }, roleId: role.id, object: { kind: "root" } });
  const { secret } = await plane.admin(AuthService).createToken({ name: "t", userId });
  const providers = plane.as(secret, IdentityProviderService);

  const admins = await groups.createGroup({ name: "admins" });
  await grants.createGrant({
    holder: { case: "groupId", value: admins.id },
    roleId: "administrator",
    object: { kind: "root" },
  });
  const viewers = await groups.createGroup({ name: "viewers" });
  await grants.createGrant({
    holder: { case: "groupId", value: viewers.id },
    roleId: role.id,
    object: { kind: "root" },
  });

  const mapped = (groupId: string) => ({
    name: "theirs",
    kind: oidc(),
    groupMappings: [{ external: "x", groupId }],
  });
  expect(await reasonOf(providers.createProvider({ provider: mapped(admins.id) }))).toBe("PRIVILEGE_MISSING");
  const { id } = await providers.createProvider({ provider: mapped(viewers.id) });
  const provider = { ...mapped(admins.id), name: "theirs" };
  const paths = ["group_mappings"];
  expect(await reasonOf(providers.updateProvider({ id, provider, updateMask: { paths } }))).toBe("PRIVILEGE_MISSING");
  // What an administrator mapped to administrators they may switch off, and not point elsewhere.
  const theirs = await plane
    .admin(IdentityProviderService)
    .createProvider({ provider: { ...mapped(admins.id), name: "adm" } });
  const change = (change: object, path: string) =>
    reasonOf(providers.updateProvider({ id: theirs.id, provider: change, updateMask: { paths: [path] } }));
  expect(await change({ disabled: true }, "disabled")).toBe("ok");
  expect(await change({ kind: oidc({ issuer: "https://evil.example" }) }, "oidc")).toBe("PRIVILEGE_MISSING");
});
