import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { addLdapFlags, addMapFlag, addProviderFlags, type LdapFlags, type ProviderFlags } from "./flags.ts";

interface CreateFlags extends MutationFlags, ProviderFlags, LdapFlags {}

export const createLdap: Verb = (command, cli) => {
  command.argument("<name>", "what a login says: corp").option("--disabled", "nobody can log in by it yet");
  addChangeFlags(addMapFlag(addLdapFlags(addProviderFlags(command)))).action(
    async (name: string, flags: CreateFlags) => {
      const session = await cli.connect();
      const [{ IdentityProviderSchema }, { ldapFields, readCa, readMappings }, { readSecret }, { printDone }] =
        await Promise.all([
          import("@limiquantix/api"),
          import("./request.ts"),
          import("../../terminal/prompt.ts"),
          import("../../output/done.ts"),
        ]);
      const secret = flags.bindPasswordStdin ? await readSecret(cli.terminal) : undefined;
      const answer = await session.providers.createProvider({
        provider: {
          name,
          displayName: flags.displayName ?? name,
          disabled: flags.disabled ?? false,
          kind: { case: "ldap", value: ldapFields(flags, { caPem: await readCa(flags.ca), secret }) },
          groupMappings: await readMappings(session, flags.map ?? []),
        },
        ...mutation(flags),
      });
      const describe = () => `identity provider ${name} is made`;
      await printDone(cli, { schema: IdentityProviderSchema, answers: [answer], flags, describe });
      if (!flags.dryRun) cli.note(`see whether it works: lqx provider test ${name}`);
    },
  );
};
