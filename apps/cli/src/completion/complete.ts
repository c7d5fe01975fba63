import type { Argument, Command, Option } from "commander";
import { Cli } from "../cli.ts";
import { loadCommand } from "../command-tree.ts";
import { namesOf } from "./names.ts";

/** What may stand where the last of `words`, which follow the name of `program`, is being typed. */
export async function completeWords(cli: Cli, program: Command, words: readonly string[]): Promise<string[]> {
  const typed = words.at(-1) ?? "";
  const place = await walk(program, words.slice(0, -1));
  // Names come from the server that the line being typed is about.
  const there = new Cli(cli.settings, cli.terminal, () => ({ ...cli.flags, ...place.connection }));
  const candidates = await candidatesFor({ ...place, cli: there, typed });
  return candidates.filter((candidate) => candidate.startsWith(typed)).toSorted();
}

interface Place {
  command: Command;
  /** Words that were given to the command and are no flags. */
  operands: string[];
  /** The flag whose value is being typed. */
  flag: Option | undefined;
  connection: { server?: string; context?: string };
}

async function walk(program: Command, before: readonly string[]): Promise<Place> {
  const place: Place = { command: program, operands: [], flag: undefined, connection: {} };
  for (const word of before) {
    if (place.flag) {
      const name = place.flag.attributeName();
      if (name === "server" || name === "context") place.connection[name] = word;
      place.flag = undefined;
    } else if (word.startsWith("-")) {
      const option = optionsOf(place.command).find((one) => one.short === word || one.long === word);
      if (option && (option.required || option.optional)) place.flag = option;
    } else {
      const child = place.command.commands.find((one) => one.name() === word || one.aliases().includes(word));
      if (!child) place.operands.push(word);
      else {
        await loadCommand(place.command, child);
        place.command = child;
      }
    }
  }
  return place;
}

function optionsOf(command: Command): Option[] {
  const above = command.parent ? optionsOf(command.parent) : [];
  return [...command.options, ...above];
}

async function candidatesFor({
  cli,
  command,
  operands,
  flag,
  typed,
}: Place & { cli: Cli; typed: string }): Promise<string[]> {
  if (flag) return flag.argChoices ? [...flag.argChoices] : namesOf(cli, valueName(flag.flags), operands);
  if (typed.startsWith("-")) {
    return [...optionsOf(command).flatMap((option) => (option.hidden ? [] : (option.long ?? []))), "--help"];
  }
  if (command.commands.length > 0) {
    return command.commands.map((child) => child.name()).filter((name) => !name.startsWith("__"));
  }
  const argument = argumentAt(command.registeredArguments, operands.length);
  if (!argument) return [];
  return argument.argChoices ? [...argument.argChoices] : namesOf(cli, argument.name(), operands);
}

/** The last argument takes all further words if it is variadic. */
function argumentAt(all: readonly Argument[], at: number): Argument | undefined {
  return all[at] ?? (all.at(-1)?.variadic ? all.at(-1) : undefined);
}

/** `--node <node>` → `node`. */
function valueName(flags: string): string {
  return /[<[]([^>\].]+)/.exec(flags)?.[1] ?? "";
}
