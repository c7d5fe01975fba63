import { create } from "@bufbuild/protobuf";
import { IdentityProviderSchema } from "@limiquantix/api";
import { describe, expect, it } from "vitest";
import { comparableDn } from "./dn.ts";
import { mappedGroups } from "./group-mapping.ts";

const mappings = (...externals: string[]) => externals.map((external, i) => ({ external, groupId: `group-${i}` }));

describe("the mapping of groups", () => {
  const ldap = (...externals: string[]) =>
    create(IdentityProviderSchema, { kind: { case: "ldap", value: {} }, groupMappings: mappings(...externals) });
  const engineers = { id: "CN=Engineers,OU=Groups,DC=example,DC=org", name: "Engineers" };

  it("knows an LDAP group by its DN, however that is written, or by its cn", () => {
    const provider = ldap(
      "cn=engineers, ou=groups,dc=example,dc=org",
      "engineers",
      "staff",
      "ou=groups,dc=example,dc=org",
    );
    expect(mappedGroups(provider, [engineers])).toEqual(["group-0", "group-1"]);
  });

  it("takes no group for another because its cn looks like a DN", () => {
    const spoof = { id: "cn=x,ou=theirs,dc=example,dc=org", name: engineers.id };
    expect(mappedGroups(ldap(engineers.id), [spoof])).toEqual([]);
    const escaped = { id: "cn=engineers\\,ou\\=groups,dc=example,dc=org", name: "x" };
    expect(mappedGroups(ldap("cn=engineers,ou=groups,dc=example,dc=org"), [escaped])).toEqual([]);
  });

  it("knows a claim's value as it is, and puts nobody into a group twice", () => {
    const groupMappings = [...mappings("Admins", "devs"), { external: "ops", groupId: "group-1" }];
    const provider = create(IdentityProviderSchema, { kind: { case: "oidc", value: {} }, groupMappings });
    expect(mappedGroups(provider, [{ id: "admins" }, { id: "devs" }, { id: "ops" }])).toEqual(["group-1"]);
  });
});

describe("distinguished names", () => {
  it.each([
    ["CN=Ada, OU=People", "cn=ada,ou=people"],
    ["cn = ada ,ou=people", "cn=ada,ou=people"],
    ["cn=a\\2Cb", "cn=a\\,b"],
    ["cn=J\\C3\\BCrgen", "cn=jürgen"],
  ])("%s is %s", (one, other) => {
    expect(comparableDn(one)).toBe(comparableDn(other));
  });

  it.each([
    ["cn=a,b", "cn=a\\,b"],
    ["cn=a\\20", "cn=a"],
    ["cn=a,ou=b", "cn=a"],
  ])("%s is not %s", (one, other) => {
    expect(comparableDn(one)).not.toBe(comparableDn(other));
  });
});
