import type { Verb } from "./verb.ts";
import { completionScripts, type Shell } from "../completion/scripts.ts";

export const completion: Verb = (command, cli) => {
  const shells = Object.keys(completionScripts) as Shell[];
  command
    .addArgument(command.createArgument("<shell>", "your shell").choices(shells))
    .addHelpText(
      "after",
      `
bash:  echo 'source <(lqx completion bash)' >> ~/.bashrc
zsh:   echo 'source <(lqx completion zsh)' >> ~/.zshrc
fish:  lqx completion fish > ~/.config/fish/completions/lqx.fish`,
    )
    .action((shell: Shell) => cli.print(completionScripts[shell]));
};
