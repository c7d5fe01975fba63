import { loadContexts, saveContexts } from "../../contexts.ts";
import type { Verb } from "../verb.ts";
import { UsageError } from "../../usage-error.ts";

export const use: Verb = (command, cli) => {
  command.argument("<context>", "its name").action(async (name: string) => {
    const saved = await loadContexts(cli.contextsFile);
    const context = saved.contexts[name];
    if (!context) throw new UsageError(`there is no context ${name}`, "`lqx context list` shows those that there are.");
    saved.current = name;
    await saveContexts(cli.contextsFile, saved);
    cli.print(`now at ${context.server}`);
  });
};
