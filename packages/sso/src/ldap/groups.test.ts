import { create } from "@bufbuild/protobuf";
import { LdapProviderSchema } from "@limiquantix/api";
import type { Entry, SearchOptions } from "ldapts";
import { expect, it } from "vitest";
import { anyOf, escapeFilterValue, fillFilter } from "./filter.ts";
import { groupsOf, walk } from "./groups.ts";

const group = (id: string) => ({ id, name: id });

it("a value in a filter stays one value", () => {
  expect(escapeFilterValue("*)(uid=*\\\0é")).toBe("\\2a\\29\\28uid=\\2a\\5c\\00é");
  expect(fillFilter("(&(a={x})(b={x})(c={y}))", { x: "(", y: "{x}" })).toBe("(&(a=\\28)(b=\\28)(c={x}))");
  expect(anyOf(["(a=b)"])).toBe("(a=b)");
  expect(anyOf(["(a=b)", "(c=d)"])).toBe("(|(a=b)(c=d))");
});

it("the walk meets each group once, in whatever letters, and asks about many at a time", async () => {
  const asked: (readonly string[])[] = [];
  const found = await walk(async (dns) => {
    asked.push(dns);
    if (dns[0] === "me") return Array.from({ length: 120 }, (_, i) => group(`g${i}`));
    return dns.includes("g0") ? [group("G1"), group("top")] : [];
  }, "me");
  expect(found).toHaveLength(121);
  expect(asked.map((dns) => dns.length)).toEqual([1, 50, 50, 20, 1]);
});

it("the walk ends where nesting or number have no end", async () => {
  const deeper = walk(async ([dn = ""]) => [group(`${dn}x`)], "me");
  await expect(deeper).rejects.toThrow("nested more than 32 deep");
  const wider = walk(
    async (dns) => dns.flatMap((dn) => Array.from({ length: 40 }, (_, i) => group(`${dn}.${i}`))),
    "me",
  );
  await expect(wider).rejects.toThrow("more than 1000 groups");
});

it("asks Active Directory for nested groups in one search, by the rule that it has for that", async () => {
  const filters: string[] = [];
  const activeDirectory = {
    async search(base: string, { filter }: SearchOptions): Promise<Entry[]> {
      filters.push(String(filter));
      if (base === "") return [{ dn: "", supportedCapabilities: ["1.2.840.113556.1.4.800"] }];
      return [{ dn: "CN=Admins,DC=x", cn: "Admins" }];
    },
  };
  const ldap = create(LdapProviderSchema, { groupBaseDn: "DC=x", nestedGroups: true });
  expect(await groupsOf(activeDirectory, ldap, "CN=Ada (x),DC=x")).toEqual([{ id: "CN=Admins,DC=x", name: "Admins" }]);
  expect(filters.at(-1)).toBe("(member:1.2.840.113556.1.4.1941:=CN=Ada \\28x\\29,DC=x)");
  const own = create(LdapProviderSchema, { groupBaseDn: "DC=x", groupFilter: "(member={dn})" });
  await groupsOf(activeDirectory, own, "CN=Ada,DC=x");
  expect(filters.at(-1)).toBe("(member=CN=Ada,DC=x)");
});
