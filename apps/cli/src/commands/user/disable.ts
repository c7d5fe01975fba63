import type { Verb } from "../verb.ts";
import { addChangeFlags, type MutationFlags } from "../../tasks/flags.ts";

export const disable: Verb = (command, cli) => {
  command.argument("<user...>", "names or ids");
  addChangeFlags(command).action(async (refs: string[], flags: MutationFlags) => {
    const { updateUser } = await import("./update.ts");
    await updateUser(cli, { refs, flags, change: { disabled: true }, done: "is disabled" });
  });
};
