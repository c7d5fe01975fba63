import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface AddFlags extends MutationFlags {
  user?: string;
  group?: string;
  role: string;
  on: string;
  thisObjectOnly?: boolean;
}

export const add: Verb = (command, cli) => {
  command
    .option("--user <user>", "who gets it, …")
    .option("--group <group>", "… or which group")
    .requiredOption("--role <role>", "administrator, operator, vm-user, …: see `lqx role ls`")
    .requiredOption("--on <object>", "root, or KIND/NAME, as in project/web, vm/web-1, folder/web/databases")
    .option("--this-object-only", "not on what is below it");
  addChangeFlags(command)
    .addHelpText("after", "\nNobody can give what they have not.")
    .action(async (flags: AddFlags) => {
      const [{ GrantSchema }, { UsageError }, { getObject }, { getRole }, { printDone }, { describeGrant }] =
        await Promise.all([
          import("@limiquantix/api"),
          import("../../usage-error.ts"),
          import("../../rpc/resolve-object.ts"),
          import("../../rpc/resolve-identities.ts"),
          import("../../output/done.ts"),
          import("./view.ts"),
        ]);
      const { user, group } = flags;
      if ((user === undefined) === (group === undefined))
        throw new UsageError("a role is given to one holder", "Say --user NAME or --group NAME.");
      const session = await cli.connect();
      const [role, object] = await Promise.all([getRole(session, flags.role), getObject(session, flags.on)]);
      // Names do for holders: who may grant need not be allowed to list users.
      const answer = await session.grants.createGrant({
        holder: user === undefined ? { case: "groupId", value: group ?? "" } : { case: "userId", value: user },
        roleId: role.id,
        object,
        thisObjectOnly: flags.thisObjectOnly ?? false,
        ...mutation(flags),
      });
      await printDone(cli, { schema: GrantSchema, answers: [answer], flags, describe: describeGrant });
    });
};
