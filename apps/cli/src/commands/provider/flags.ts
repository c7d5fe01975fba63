import type { Command } from "commander";
import { collect } from "../../values/labels.ts";

export interface ProviderFlags {
  displayName?: string;
  disabled?: boolean;
  ca?: string;
  map?: string[];
}

export interface OidcFlags {
  issuer?: string;
  clientId?: string;
  clientSecretStdin?: boolean;
  scope?: string[];
  usernameClaim?: string;
  nameClaim?: string;
  emailClaim?: string;
  groupsClaim?: string;
}

export interface LdapFlags {
  url?: string[];
  startTls?: boolean;
  bindDn?: string;
  bindPasswordStdin?: boolean;
  userBaseDn?: string;
  userFilter?: string;
  usernameAttribute?: string;
  nameAttribute?: string;
  emailAttribute?: string;
  groupBaseDn?: string;
  groupFilter?: string;
  nestedGroups?: boolean;
}

export function addProviderFlags(command: Command): Command {
  return command
    .option("--display-name <name>", "what a login page calls it")
    .option("--ca <file>", "PEM file of its authority, where the system does not know it");
}

export function addMapFlag(command: Command): Command {
  return command.option(
    "--map <external=group>",
    "whoever is in that group there is in this one here; may be repeated",
    collect,
  );
}

export function addOidcFlags(command: Command): Command {
  return command
    .option("--issuer <url>", "OIDC: https://login.example.com")
    .option("--client-id <id>", "OIDC: what it knows limiquantix as")
    .option("--client-secret-stdin", "OIDC: read the client's secret from standard input")
    .option("--scope <scope>", "OIDC: openid, profile and email unless told; may be repeated", collect)
    .option("--username-claim <claim>", "OIDC: preferred_username unless told")
    .option("--name-claim <claim>", "OIDC: name unless told")
    .option("--email-claim <claim>", "OIDC: email unless told")
    .option("--groups-claim <claim>", "OIDC: groups unless told");
}

export function addLdapFlags(command: Command): Command {
  return command
    .option(
      "--url <url>",
      "LDAP: ldaps://HOST[:PORT], or ldap:// with --start-tls; repeat it for further servers",
      collect,
    )
    .option("--start-tls", "LDAP: encrypt an ldap:// connection before anything is said")
    .option("--bind-dn <dn>", "LDAP: who searches; anonymous unless told")
    .option("--bind-password-stdin", "LDAP: read that one's password from standard input")
    .option("--user-base-dn <dn>", "LDAP: below which users are")
    .option("--user-filter <filter>", "LDAP: (&(objectClass=person)(uid={username})) unless told")
    .option("--username-attribute <name>", "LDAP: uid unless told")
    .option("--name-attribute <name>", "LDAP: cn unless told")
    .option("--email-attribute <name>", "LDAP: mail unless told")
    .option("--group-base-dn <dn>", "LDAP: below which groups are")
    .option("--group-filter <filter>", "LDAP: (|(member={dn})(uniqueMember={dn})) unless told")
    .option("--nested-groups", "LDAP: groups in groups count too");
}
