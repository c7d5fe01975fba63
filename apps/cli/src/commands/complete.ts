import type { Verb } from "./verb.ts";

/** `lqx __complete -- vm st`: one candidate a line, for the scripts of `lqx completion`. */
export const complete: Verb = (command, cli) => {
  command
    .argument("[words...]", "the words so far; the last is being typed")
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { completeWords } = await import("../completion/complete.ts");
      cli.print(...(await completeWords(cli, command.parent ?? command, words)));
    });
};
