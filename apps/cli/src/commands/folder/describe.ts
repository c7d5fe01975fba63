import type { Verb } from "../verb.ts";
import { addChangeFlags, type MutationFlags } from "../../tasks/flags.ts";

export const describe: Verb = (command, cli) => {
  command.argument("<folder>", "name, path or id").argument("<description>", "what it is for");
  addChangeFlags(command).action(async (ref: string, description: string, flags: MutationFlags) => {
    const { updateFolder } = await import("./update.ts");
    const done = ({ name }: { name: string }) => `folder ${name} is described`;
    await updateFolder(cli, { ref, flags, change: () => ({ description }), done });
  });
};
