import type { Group } from "@limiquantix/api";
import type { Verb } from "../verb.ts";
import type { Session } from "../../rpc/session.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface MemberChange {
  change: (
    groups: Session["groups"],
    request: { id: string; userId: string } & ReturnType<typeof mutation>,
  ) => Promise<Group>;
  /** Of a user, behind their name. */
  done: string;
}

export const add = changeMembers({ change: (groups, request) => groups.addGroupMember(request), done: "is in" });

export const remove = changeMembers({
  change: (groups, request) => groups.removeGroupMember(request),
  done: "is no longer in",
});

function changeMembers({ change, done }: MemberChange): Verb {
  return (command, cli) => {
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
        answers.push(await change(session.groups, { id, userId: user.id, ...mutation(flags) }));
      }
      const describe = (_: unknown, at: number) => `${users[at]?.name} ${done} ${name}`;
      await printDone(cli, { schema: GroupSchema, answers, flags, describe });
    });
  };
}
