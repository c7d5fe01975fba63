import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface ResetFlags extends MutationFlags {
  yes?: boolean;
}

export const resetFactors: Verb = (command, cli) => {
  command.argument("<user>", "name or id").option("-y, --yes", "do not ask");
  addChangeFlags(command).action(async (ref: string, flags: ResetFlags) => {
    const session = await cli.connect();
    const [{ UserSchema }, { getUser }, { confirmed }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-identities.ts"),
      import("../../terminal/confirm.ts"),
      import("../../output/done.ts"),
    ]);
    const { id, name } = await getUser(session, ref);
    if (!(await confirmed(cli, flags, `Remove the second factors and end all sessions of ${name}?`))) return;
    const answers = [await session.users.resetFactors({ id, ...mutation(flags) })];
    await printDone(cli, { schema: UserSchema, answers, flags, describe: () => `${name} has no second factor now` });
  });
};
