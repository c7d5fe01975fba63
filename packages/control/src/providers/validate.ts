import "reflect-metadata";
import { X509Certificate } from "@peculiar/x509";
import { invalid, type IdentityProvider, type LdapProvider, type OidcProvider } from "@limiquantix/api";
import { isLoopback } from "@limiquantix/kit";
import { groups } from "../identity/tables.ts";
import type { Transaction } from "../store/database.ts";
import { filterFault } from "./ldap-filter.ts";

type Faults = { field: string; message: string }[];

const mostMappings = 1000;

/** Throws INVALID_REQUEST with every fault. `hasSecret`: one is kept already, or came with the request. */
export function validateProvider(tx: Pick<Transaction, "find">, provider: IdentityProvider, hasSecret: boolean): void {
  const faults: Faults = [];
  const check = (good: boolean, field: string, message: string) => {
    if (!good) faults.push({ field: `provider.${field}`, message });
  };
  const { name, displayName, kind, groupMappings } = provider;
  const nameIsGood = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name);
  check(nameIsGood, "name", "must be 1–63 of a–z, 0–9 and -, with no - at an end: it is part of addresses");
  check(displayName.length <= 128, "displayName", "must have at most 128 characters");
  if (kind.case === "oidc") checkOidc(kind.value, check);
  else if (kind.case === "ldap") checkLdap(kind.value, check, { hasSecret, maps: groupMappings.length > 0 });
  else check(false, "oidc", "the provider must be either oidc or ldap");
  check(groupMappings.length <= mostMappings, "groupMappings", `must be at most ${mostMappings}`);
  for (const [i, { groupId, external }] of groupMappings.entries()) {
    check(tx.find(groups, groupId) !== undefined, `groupMappings[${i}].groupId`, `there is no group ${groupId}`);
    check(external.trim() !== "", `groupMappings[${i}].external`, "must not be empty");
  }
  if (faults.length > 0) throw invalid(faults);
}

type Check = (good: boolean, field: string, message: string) => void;

function checkOidc(oidc: OidcProvider, check: Check): void {
  const issuer = parseUrl(oidc.issuer);
  const secure = issuer?.protocol === "https:" || (issuer?.protocol === "http:" && isLoopback(issuer.hostname));
  check(secure, "oidc.issuer", "must be an https:// address (http:// only on this machine)");
  const plain = issuer !== undefined && !issuer.search && !issuer.hash && !issuer.username && !issuer.password;
  check(plain, "oidc.issuer", "must have no query, fragment or user name");
  // With that address the issuer's own name would go unchecked.
  const isDocument = oidc.issuer.includes("/.well-known/");
  check(!isDocument, "oidc.issuer", "must be what comes before /.well-known/openid-configuration");
  check(oidc.clientId !== "", "oidc.clientId", "must not be empty");
  check(oidc.scopes.length <= 32, "oidc.scopes", "must be at most 32");
  // RFC 6749, 3.3.
  const scopesAreGood = oidc.scopes.every((scope) => /^[\x21\x23-\x5B\x5D-\x7E]{1,128}$/.test(scope));
  check(scopesAreGood, "oidc.scopes", "must each be one word without quotes");
  checkPem(oidc.caPem, "oidc.caPem", check);
}

function checkLdap(ldap: LdapProvider, check: Check, { hasSecret, maps }: { hasSecret: boolean; maps: boolean }): void {
  check(ldap.urls.length > 0, "ldap.urls", "must name at least one server");
  for (const [i, text] of ldap.urls.entries()) {
    const url = parseUrl(text);
    const field = `ldap.urls[${i}]`;
    const known = (url?.protocol === "ldaps:" || url?.protocol === "ldap:") && url.hostname !== "";
    check(known, field, "must be ldaps://HOST[:PORT] or ldap://HOST[:PORT]");
    const bare = !url || (/^\/?$/.test(url.pathname) && !url.search && !url.hash && !url.username && !url.password);
    check(bare, field, "must have nothing after the port");
    const encrypted = url?.protocol !== "ldap:" || ldap.startTls;
    check(encrypted, field, "is without TLS: use ldaps://, or set start_tls");
  }
  checkPem(ldap.caPem, "ldap.caPem", check);
  const bindIsGood = ldap.bindDn === "" || /[=@\\]/.test(ldap.bindDn);
  check(
    bindIsGood,
    "ldap.bindDn",
    "must be a DN (cn=reader,dc=example,dc=com), or for Active Directory reader@example.com",
  );
  check(!ldap.bindDn || hasSecret, "ldap.bindPassword", "is needed with bind_dn: a bind without one proves nothing");
  check(ldap.userBaseDn.includes("="), "ldap.userBaseDn", "must be a DN below which users are");
  const groupBaseIsGood = ldap.groupBaseDn === "" ? !maps : ldap.groupBaseDn.includes("=");
  check(groupBaseIsGood, "ldap.groupBaseDn", "must be a DN below which groups are; group mappings need it");
  checkFilter(ldap.userFilter, "{username}", "ldap.userFilter", check);
  checkFilter(ldap.groupFilter, "{dn}", "ldap.groupFilter", check);
  for (const field of ["usernameAttribute", "nameAttribute", "emailAttribute"] as const) {
    const good = ldap[field] === "" || /^[A-Za-z][A-Za-z0-9-]*$/.test(ldap[field]);
    check(good, `ldap.${field}`, "must be an attribute's name");
  }
}

function checkFilter(filter: string, placeholder: "{username}" | "{dn}", field: string, check: Check): void {
  const fault = filter === "" ? undefined : filterFault(filter, placeholder);
  check(fault === undefined, field, fault ?? "");
}

/** One certificate after the other, and nothing else. */
function checkPem(pem: string, field: string, check: Check): void {
  if (pem === "") return;
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const parsed = blocks.every((block) => {
    try {
      return new X509Certificate(block).subject !== undefined;
    } catch {
      return false;
    }
  });
  const isSecret = /PRIVATE KEY/.test(pem);
  check(!isSecret, field, "holds a private key, which is not wanted here");
  check(isSecret || (blocks.length > 0 && parsed), field, "must be certificates in PEM form");
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
