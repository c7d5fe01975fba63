import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

export const add: Verb = (command, cli) => {
  command.argument("<group>", "name or id").argument("<user...>", "names or ids");
  addChangeFlags(command).action(async (ref: string, userRefs: string[], flags: MutationFlags) => {
    const session = await cli.connect();
    const [{ GroupSchema }, { getGroup, getUser }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-identities.ts"),
      import("../../output/done.ts"),
    ]);
    const { id, name } = await getGroup(session, ref);
    const users = await Promise.all(userRefs.map((user) => getUser(session, user)));
    const answers = [];
    for (const user of users) {
      // One after the other: each changes the same group.
      answers.push(await session.groups.addGroupMember({ id, userId: user.id, ...mutation(flags) }));
    }
    const describe = (_: unknown, at: number) => `${users[at]?.name} is in ${name}`;
    await printDone(cli, { schema: GroupSchema, answers, flags, describe });
  });
};
