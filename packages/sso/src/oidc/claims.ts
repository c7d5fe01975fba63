import type { OidcProvider } from "@limiquantix/api";
import type { ExternalPerson } from "@limiquantix/control";

export type Claims = Readonly<Record<string, unknown>>;

/** Nobody is in more; a provider that sends more sends something else. */
const mostGroups = 2000;

/** Whether the ID token lacks something that the provider's userinfo may have. */
export function isIncomplete(claims: Claims, oidc: OidcProvider): boolean {
  return Object.values(claimNames(oidc)).some((name) => claimOf(claims, name) === undefined);
}

/** Throws where the provider does not say who it is. */
export function personOf(claims: Claims, oidc: OidcProvider): ExternalPerson {
  const names = claimNames(oidc);
  const externalId = text(claims, "sub");
  if (!externalId) throw new Error("the provider sent no subject");
  const username = text(claims, names.username);
  if (!username) throw new Error(`the provider sent no claim ${names.username}, which is to be the user name`);
  // An address that anybody may write into their profile is nobody's name.
  if (names.username === "email" && claims["email_verified"] === false) {
    throw new Error("the provider has not verified the user's e-mail address, which is to be the user name");
  }
  const groups = groupsIn(claimOf(claims, names.groups));
  return { externalId, username, name: text(claims, names.name), email: text(claims, names.email), groups };
}

function claimNames(oidc: OidcProvider) {
  return {
    username: oidc.usernameClaim || "preferred_username",
    name: oidc.nameClaim || "name",
    email: oidc.emailClaim || "email",
    groups: oidc.groupsClaim || "groups",
  };
}

/** A claim by its name; `realm_access.roles`, where no claim has that very name, is a path. */
function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const step of name.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Claims)[step];
  }
  return value;
}

function text(claims: Claims, name: string): string {
  const value = claimOf(claims, name);
  return typeof value === "string" ? value : "";
}

/** An array of names, or one name. */
function groupsIn(value: unknown) {
  const values = Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value];
  if (values.length > mostGroups) throw new Error(`the provider sent more than ${mostGroups} groups`);
  return values.filter((each) => typeof each === "string").map((id) => ({ id }));
}
