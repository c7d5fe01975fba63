import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface DeleteFlags extends MutationFlags {
  yes?: boolean;
}

export const deleteProvider: Verb = (command, cli) => {
  command.argument("<provider>", "name or id").option("-y, --yes", "do not ask");
  addChangeFlags(command).action(async (ref: string, flags: DeleteFlags) => {
    const session = await cli.connect();
    const [{ DeleteProviderResponseSchema }, { getProvider }, { confirmed }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-identities.ts"),
      import("../../terminal/confirm.ts"),
      import("../../output/done.ts"),
    ]);
    const { id, name } = await getProvider(session, ref);
    if (!(await confirmed(cli, flags, `Delete ${name}? Its users cannot log in any more.`))) return;
    const answers = [await session.providers.deleteProvider({ id, ...mutation(flags) })];
    const describe = () => `identity provider ${name} is deleted`;
    await printDone(cli, { schema: DeleteProviderResponseSchema, answers, flags, describe });
  });
};
