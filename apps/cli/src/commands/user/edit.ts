import type { Verb } from "../verb.ts";
import { addChangeFlags, type MutationFlags } from "../../tasks/flags.ts";

interface EditFlags extends MutationFlags {
  fullName?: string;
  email?: string;
}

export const edit: Verb = (command, cli) => {
  command
    .argument("<user>", "name or id")
    .option("--full-name <name>", "as people know them")
    .option("--email <address>", "where they are reached");
  addChangeFlags(command).action(async (ref: string, flags: EditFlags) => {
    const { updateUser } = await import("./update.ts");
    const { fullName, email } = flags;
    await updateUser(cli, { refs: [ref], flags, change: { fullName, email }, done: "is changed" });
  });
};
