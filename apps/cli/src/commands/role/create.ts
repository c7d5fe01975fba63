import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { collect } from "../../values/labels.ts";

interface CreateFlags extends MutationFlags {
  privilege: string[];
  description?: string;
}

export const create: Verb = (command, cli) => {
  command
    .argument("<name>", "name of the new role")
    .requiredOption("--privilege <privilege>", "vm.power, vm.*; may be repeated, or several with commas", collect)
    .option("--description <text>", "what it is for");
  addChangeFlags(command).action(async (name: string, flags: CreateFlags) => {
    const [{ RoleSchema }, { parsePatterns }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("./patterns.ts"),
      import("../../output/done.ts"),
    ]);
    const privileges = parsePatterns(flags.privilege);
    const session = await cli.connect();
    const description = flags.description ?? "";
    const answers = [await session.roles.createRole({ name, description, privileges, ...mutation(flags) })];
    await printDone(cli, { schema: RoleSchema, answers, flags, describe: () => `role ${name} is made` });
  });
};
