import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface EditFlags extends MutationFlags {
  name?: string;
  description?: string;
}

export const edit: Verb = (command, cli) => {
  command
    .argument("<group>", "name or id")
    .option("--name <name>", "a new name")
    .option("--description <text>", "who belongs to it");
  addChangeFlags(command).action(async (ref: string, flags: EditFlags) => {
    const { changedFields } = await import("../../values/changed-fields.ts");
    const { fields, updateMask } = changedFields({ name: flags.name, description: flags.description });
    const session = await cli.connect();
    const [{ GroupSchema }, { getGroup }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-identities.ts"),
      import("../../output/done.ts"),
    ]);
    const { id } = await getGroup(session, ref);
    const answers = [await session.groups.updateGroup({ id, group: fields, updateMask, ...mutation(flags) })];
    await printDone(cli, { schema: GroupSchema, answers, flags, describe: (it) => `group ${it.name} is changed` });
  });
};
