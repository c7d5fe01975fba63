import type { IdentityProvider } from "@limiquantix/api";
import { comparableDn } from "./dn.ts";
import type { ExternalGroup } from "./ports.ts";

/**
 * The groups here that membership in those groups there gives. A mapping for LDAP that has a "=" is a DN, and any other
 * a cn: a group whose cn is made to look like a DN is not taken for it.
 */
export function mappedGroups(provider: IdentityProvider, groups: readonly ExternalGroup[]): string[] {
  const ldap = provider.kind.case === "ldap";
  const keys = new Set(ldap ? groups.flatMap(ldapKeys) : groups.map(({ id }) => id));
  const matched = provider.groupMappings.filter(({ external }) => keys.has(ldap ? ldapKey(external) : external));
  return [...new Set(matched.map(({ groupId }) => groupId))];
}

function ldapKeys({ id, name }: ExternalGroup): string[] {
  const keys = [`dn ${comparableDn(id)}`];
  if (name) keys.push(`cn ${name.toLowerCase()}`);
  return keys;
}

function ldapKey(external: string): string {
  return external.includes("=") ? `dn ${comparableDn(external)}` : `cn ${external.toLowerCase()}`;
}
