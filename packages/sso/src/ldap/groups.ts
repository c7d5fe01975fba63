import type { LdapProvider } from "@limiquantix/api";
import type { ExternalGroup } from "@limiquantix/control";
import type { Entry } from "ldapts";
import type { LdapConnection } from "./connection.ts";
import { anyOf, fillFilter } from "./filter.ts";

export const defaultGroupFilter = "(|(member={dn})(uniqueMember={dn}))";
/** LDAP_MATCHING_RULE_IN_CHAIN of Active Directory: nested groups in one search (MS-ADTS 3.1.1.3.4.4.3). */
const inChainFilter = "(member:1.2.840.113556.1.4.1941:={dn})";
/** LDAP_CAP_ACTIVE_DIRECTORY_OID (MS-ADTS 3.1.1.3.4.3.1). */
const activeDirectory = "1.2.840.113556.1.4.800";

/** More than anybody is in; what is behind these bounds is a filter that finds too much, or a loop. */
const mostGroups = 1000;
const deepest = 32;
/** How many groups one search asks about, for what they are in. */
const atOnce = 50;

type Searches = Pick<LdapConnection, "search">;

/** The groups of an entry, those that contain them among them where that is asked for. */
export async function groupsOf(connection: Searches, ldap: LdapProvider, dn: string): Promise<ExternalGroup[]> {
  if (!ldap.groupBaseDn) return [];
  const search = (filter: string) => findGroups(connection, ldap.groupBaseDn, filter);
  const filter = ldap.groupFilter || defaultGroupFilter;
  if (!ldap.nestedGroups) return search(fillFilter(filter, { dn }));
  if (!ldap.groupFilter && (await isActiveDirectory(connection))) return search(fillFilter(inChainFilter, { dn }));
  return walk((dns) => search(anyOf(dns.map((each) => fillFilter(filter, { dn: each })))), dn);
}

/** Level by level; a group that was met already is not asked about again, so a circle of groups ends. */
export async function walk(
  containersOf: (dns: readonly string[]) => Promise<ExternalGroup[]>,
  dn: string,
): Promise<ExternalGroup[]> {
  const found = new Map<string, ExternalGroup>();
  let level = [dn];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === deepest) throw new Error(`groups are nested more than ${deepest} deep`);
    const next: string[] = [];
    for (let at = 0; at < level.length; at += atOnce) {
      for (const group of await containersOf(level.slice(at, at + atOnce))) {
        const key = group.id.toLowerCase();
        if (found.has(key)) continue;
        found.set(key, group);
        next.push(group.id);
      }
    }
    if (found.size > mostGroups) throw tooMany();
    level = next;
  }
  return [...found.values()];
}

async function findGroups(connection: Searches, base: string, filter: string): Promise<ExternalGroup[]> {
  const entries = await connection.search(base, {
    scope: "sub",
    filter,
    attributes: ["cn"],
    sizeLimit: mostGroups + 1,
  });
  if (entries.length > mostGroups) throw tooMany();
  return entries.map((entry) => ({ id: entry.dn, name: firstValue(entry, "cn") }));
}

async function isActiveDirectory(connection: Searches): Promise<boolean> {
  const attributes = ["supportedCapabilities"];
  const [root] = await connection.search("", { scope: "base", filter: "(objectClass=*)", attributes });
  return valuesOf(root, "supportedCapabilities").includes(activeDirectory);
}

const tooMany = () => new Error(`more than ${mostGroups} groups were found: make the group filter narrower`);

/** An attribute's values as text; attribute names know no case. */
export function valuesOf(entry: Entry | undefined, attribute: string): string[] {
  const wanted = attribute.toLowerCase();
  const [, value] = Object.entries(entry ?? {}).find(([name]) => name.toLowerCase() === wanted) ?? [];
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
}

export function firstValue(entry: Entry, attribute: string): string {
  return valuesOf(entry, attribute)[0] ?? "";
}
