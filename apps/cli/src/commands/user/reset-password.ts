import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

export const resetPassword: Verb = (command, cli) => {
  command
    .argument("<user>", "name or id")
    .addHelpText("after", "\nThe new password is shown once and must be changed at the next login.");
  addChangeFlags(command).action(async (ref: string, flags: MutationFlags) => {
    const session = await cli.connect();
    const [{ ResetPasswordResponseSchema }, { getUser }, { isMachine }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-identities.ts"),
      import("../../output/format.ts"),
      import("../../output/done.ts"),
    ]);
    const { id, name } = await getUser(session, ref);
    const answer = await session.users.resetPassword({ id, ...mutation(flags) });
    if (answer.password && !isMachine(cli.flags.output)) {
      cli.note(`the sessions of ${name} have ended; the new password, shown once, to be changed at the next login:`);
      return cli.print(answer.password);
    }
    const schema = ResetPasswordResponseSchema;
    await printDone(cli, { schema, answers: [answer], flags, describe: () => `the password of ${name} is new` });
  });
};
