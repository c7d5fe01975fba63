import type { Command } from "commander";
import type { Cli } from "./cli.ts";
import type { Entry } from "./commands/entry.ts";

/** Adds commands of which only names and summaries are known; what is below one comes when it is used. */
export function addEntries(parent: Command, list: readonly Entry[], cli: Cli): void {
  const byCommand = new Map<Command, Entry>();
  for (const entry of list) {
    const command = parent.command(entry.name, { hidden: entry.hidden ?? false });
    command
      .description(entry.summary)
      .helpCommand(false)
      .aliases(entry.aliases ?? []);
    byCommand.set(command, entry);
  }
  loaders.set(parent, async (command) => {
    const entry = byCommand.get(command);
    byCommand.delete(command);
    if (entry?.nouns) addEntries(command, await entry.nouns(), cli);
    else if (entry?.verb) {
      (await entry.verb())(command, cli);
      setDefaults(command);
    }
  });
  parent.hook("preSubcommand", (_parent, command) => loadCommand(parent, command));
}

/** Commander gives a lone `--no-x` its default, true, before it comes to a command, which is empty then. */
function setDefaults(command: Command): void {
  for (const name of command.options.filter(({ negate }) => negate).map((option) => option.attributeName())) {
    const lone = !command.options.some((option) => !option.negate && option.attributeName() === name);
    if (lone) command.setOptionValueWithSource(name, true, "default");
  }
}

const loaders = new WeakMap<Command, (command: Command) => Promise<void>>();

/** Imports what a command is made of, if that has not happened. */
export async function loadCommand(parent: Command, command: Command): Promise<void> {
  await loaders.get(parent)?.(command);
}
