import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface CreateFlags extends MutationFlags {
  description?: string;
}

export const create: Verb = (command, cli) => {
  command.argument("<name>", "name of the new group").option("--description <text>", "who belongs to it");
  addChangeFlags(command).action(async (name: string, flags: CreateFlags) => {
    const session = await cli.connect();
    const [{ GroupSchema }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../output/done.ts"),
    ]);
    const description = flags.description ?? "";
    const answers = [await session.groups.createGroup({ name, description, ...mutation(flags) })];
    await printDone(cli, { schema: GroupSchema, answers, flags, describe: () => `group ${name} is made` });
  });
};
