import type { Verb } from "../verb.ts";
import { addChangeFlags, type MutationFlags } from "../../tasks/flags.ts";

export const rename: Verb = (command, cli) => {
  command.argument("<folder>", "name, path or id").argument("<name>", "the new name");
  addChangeFlags(command).action(async (ref: string, name: string, flags: MutationFlags) => {
    const { updateFolder } = await import("./update.ts");
    const done = (before: { name: string }) => `folder ${before.name} is ${name} now`;
    await updateFolder(cli, { ref, flags, change: () => ({ name }), done });
  });
};
