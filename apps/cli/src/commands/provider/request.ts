import { readFile } from "node:fs/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { GroupMappingSchema, LdapProviderSchema, OidcProviderSchema } from "@limiquantix/api";
import { getGroup } from "../../rpc/resolve-identities.ts";
import type { Session } from "../../rpc/session.ts";
import { UsageError } from "../../usage-error.ts";
import type { LdapFlags, OidcFlags } from "./flags.ts";

/** `cn=admins,ou=groups,dc=example=ops` → the group there and the group here; the last `=` is the one between. Pure. */
export function parseMapping(text: string): { external: string; group: string } {
  const at = text.lastIndexOf("=");
  if (at < 1 || at === text.length - 1)
    throw new UsageError(`${JSON.stringify(text)} maps nothing`, "Write it as EXTERNAL=GROUP.");
  return { external: text.slice(0, at), group: text.slice(at + 1) };
}

export function readMappings(
  session: Session,
  texts: readonly string[],
): Promise<MessageInitShape<typeof GroupMappingSchema>[]> {
  return Promise.all(
    texts.map(parseMapping).map(async ({ external, group }) => ({
      external,
      groupId: (await getGroup(session, group)).id,
    })),
  );
}

/** PEM text of a file; undefined where none is named. */
export async function readCa(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

interface Secrets {
  caPem: string | undefined;
  /** Read from standard input; undefined: as it is. */
  secret: string | undefined;
}

/** The fields that flags set. Pure. */
export function oidcFields(flags: OidcFlags, { caPem, secret }: Secrets): MessageInitShape<typeof OidcProviderSchema> {
  return given({
    issuer: flags.issuer,
    clientId: flags.clientId,
    clientSecret: secret,
    scopes: flags.scope?.flatMap((text) => text.split(/[ ,]+/)),
    usernameClaim: flags.usernameClaim,
    nameClaim: flags.nameClaim,
    emailClaim: flags.emailClaim,
    groupsClaim: flags.groupsClaim,
    caPem,
  });
}

/** The fields that flags set. Pure. */
export function ldapFields(flags: LdapFlags, { caPem, secret }: Secrets): MessageInitShape<typeof LdapProviderSchema> {
  return given({
    urls: flags.url,
    startTls: flags.startTls,
    bindDn: flags.bindDn,
    bindPassword: secret,
    userBaseDn: flags.userBaseDn,
    userFilter: flags.userFilter,
    usernameAttribute: flags.usernameAttribute,
    nameAttribute: flags.nameAttribute,
    emailAttribute: flags.emailAttribute,
    groupBaseDn: flags.groupBaseDn,
    groupFilter: flags.groupFilter,
    nestedGroups: flags.nestedGroups,
    caPem,
  });
}

type Given<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

function given<Fields extends object>(fields: Fields): Given<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<Fields>;
}
