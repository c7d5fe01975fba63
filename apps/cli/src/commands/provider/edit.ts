import type { Verb } from "../verb.ts";
import { addChangeFlags, type MutationFlags } from "../../tasks/flags.ts";
import { addLdapFlags, addOidcFlags, addProviderFlags } from "./flags.ts";
import type { LdapFlags, OidcFlags, ProviderFlags } from "./flags.ts";

export interface EditFlags extends MutationFlags, ProviderFlags, OidcFlags, LdapFlags {
  name?: string;
}

export const edit: Verb = (command, cli) => {
  command
    .argument("<provider>", "name or id")
    .option("--name <name>", "a new name")
    .option("--disabled", "nobody can log in by it")
    .option("--no-disabled", "they can again");
  addLdapFlags(addOidcFlags(addProviderFlags(command)))
    .option("--no-start-tls", "LDAP: the addresses are ldaps://")
    .option("--no-nested-groups", "LDAP: only the groups that a user is in directly");
  addChangeFlags(command).action(async (ref: string, flags: EditFlags) => {
    const { editProvider } = await import("./edit-provider.ts");
    await editProvider(cli, ref, flags);
  });
};
