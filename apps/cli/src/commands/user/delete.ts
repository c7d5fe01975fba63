import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface DeleteFlags extends MutationFlags {
  yes?: boolean;
}

export const deleteUser: Verb = (command, cli) => {
  command.argument("<user...>", "names or ids").option("-y, --yes", "do not ask");
  addChangeFlags(command).action(async (refs: string[], flags: DeleteFlags) => {
    const session = await cli.connect();
    const [{ DeleteUserResponseSchema }, { getUser }, { confirmed }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-identities.ts"),
      import("../../terminal/confirm.ts"),
      import("../../output/done.ts"),
    ]);
    const users = await Promise.all(refs.map((ref) => getUser(session, ref)));
    const names = users.map((user) => user.name).join(", ");
    if (!(await confirmed(cli, flags, `Delete ${names} with sessions, tokens and grants?`))) return;
    const answers = await Promise.all(users.map(({ id }) => session.users.deleteUser({ id, ...mutation(flags) })));
    const schema = DeleteUserResponseSchema;
    await printDone(cli, { schema, answers, flags, describe: (_, at) => `user ${users[at]?.name} is deleted` });
  });
};
