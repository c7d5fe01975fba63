import type { Verb } from "./verb.ts";
import { collect } from "../values/labels.ts";

interface CanIFlags {
  on?: string[];
}

export const canI: Verb = (command, cli) => {
  command
    .argument("<privilege...>", "vm.power, image.create, …: see `lqx privilege ls`")
    .option("--on <object>", "root unless told, or KIND/NAME, as in project/web; may be repeated", collect)
    .addHelpText("after", "\nThe exit code is 0 where all is allowed and 4 where anything is not.")
    .action(async (privileges: string[], flags: CanIFlags) => {
      const session = await cli.connect();
      const { printAnswers } = await import("./can-i-answers.ts");
      await printAnswers(cli, session, { privileges, objects: flags.on ?? ["root"] });
    });
};
