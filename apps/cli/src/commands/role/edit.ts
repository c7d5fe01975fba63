import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { collect } from "../../values/labels.ts";

interface EditFlags extends MutationFlags {
  name?: string;
  description?: string;
  privilege?: string[];
  add?: string[];
  remove?: string[];
}

export const edit: Verb = (command, cli) => {
  command
    .argument("<role>", "name or id")
    .option("--privilege <privilege>", "these instead of what it has; may be repeated", collect)
    .option("--add <privilege>", "one more; may be repeated", collect)
    .option("--remove <privilege>", "one less; may be repeated", collect)
    .option("--name <name>", "a new name")
    .option("--description <text>", "what it is for");
  addChangeFlags(command).action(async (ref: string, flags: EditFlags) => {
    const session = await cli.connect();
    const [{ RoleSchema }, { getRole }, { changedPatterns }, { changedFields }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-identities.ts"),
      import("./patterns.ts"),
      import("../../values/changed-fields.ts"),
      import("../../output/done.ts"),
    ]);
    const { id, revision, privileges } = await getRole(session, ref);
    const { fields, updateMask } = changedFields({
      name: flags.name,
      description: flags.description,
      privileges: changedPatterns(privileges, flags),
    });
    const answers = [await session.roles.updateRole({ id, role: fields, updateMask, revision, ...mutation(flags) })];
    await printDone(cli, { schema: RoleSchema, answers, flags, describe: (role) => `role ${role.name} is changed` });
  });
};
