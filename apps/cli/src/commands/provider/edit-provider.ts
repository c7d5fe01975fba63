import { IdentityProviderSchema, type IdentityProvider } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import { printDone } from "../../output/done.ts";
import { getProvider } from "../../rpc/resolve-identities.ts";
import { mutation } from "../../tasks/flags.ts";
import { readSecret } from "../../terminal/prompt.ts";
import { UsageError } from "../../usage-error.ts";
import { changedFields } from "../../values/changed-fields.ts";
import type { EditFlags } from "./edit.ts";
import { ldapFields, oidcFields, readCa } from "./request.ts";

/** Reads, changes and sends it whole, at its revision; a secret that is not given stays as it is. */
export async function editProvider(cli: Cli, ref: string, flags: EditFlags): Promise<void> {
  const session = await cli.connect();
  const before = await getProvider(session, ref);
  const fromPipe = flags.clientSecretStdin || flags.bindPasswordStdin;
  const extra = { caPem: await readCa(flags.ca), secret: fromPipe ? await readSecret(cli.terminal) : undefined };
  const kind = changedKind(before, flags, extra);
  const { fields, updateMask } = changedFields({
    name: flags.name,
    displayName: flags.displayName,
    disabled: flags.disabled,
    [before.kind.case ?? "oidc"]: kind,
  });
  const answer = await session.providers.updateProvider({
    id: before.id,
    provider: {
      name: fields.name ?? before.name,
      displayName: fields.displayName ?? before.displayName,
      disabled: fields.disabled ?? before.disabled,
      kind: kind ?? before.kind,
      groupMappings: before.groupMappings,
    },
    updateMask,
    revision: before.revision,
    ...mutation(flags),
  });
  const describe = (it: IdentityProvider) => `identity provider ${it.name} is changed`;
  await printDone(cli, { schema: IdentityProviderSchema, answers: [answer], flags, describe });
}

type Kind = IdentityProvider["kind"];

/** Its own kind's settings with what flags change; undefined where none does. Throws for flags of the other kind. */
export function changedKind(
  { name, kind }: IdentityProvider,
  flags: EditFlags,
  extra: { caPem: string | undefined; secret: string | undefined },
): Kind | undefined {
  const oidc = oidcFields(flags, kind.case === "oidc" ? extra : { caPem: undefined, secret: undefined });
  const ldap = ldapFields(flags, kind.case === "ldap" ? extra : { caPem: undefined, secret: undefined });
  const [own, other] = kind.case === "oidc" ? [oidc, ldap] : [ldap, oidc];
  const otherSecret = kind.case === "oidc" ? flags.bindPasswordStdin : flags.clientSecretStdin;
  if (Object.keys(other).length > 0 || otherSecret)
    throw new UsageError(`${name} is ${kind.case} and has no such settings`, "See --help: each says whose it is.");
  if (Object.keys(own).length === 0) return undefined;
  return { case: kind.case, value: { ...kind.value, ...own } } as Kind;
}
