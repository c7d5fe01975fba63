import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { UsageError } from "../usage-error.ts";
import { askSecret, readSecret } from "./prompt.ts";
import type { Terminal } from "./terminal.ts";

/** `key` → `--key-file`, `--key-stdin`, `--key-prompt`. A flag's own value would be seen by `ps`. */
export function addSecretFlags(command: Command, name: string, what: string): Command {
  return command
    .option(`--${name}-file <file>`, `the file with ${what}`)
    .option(`--${name}-stdin`, `read ${what} from standard input`)
    .option(`--${name}-prompt`, `ask for ${what}`);
}

/** What one of these flags brings, without the line end; undefined where none is given. */
export async function readSecretFlag(
  terminal: Terminal,
  flags: object,
  { name, what }: { name: string; what: string },
): Promise<string | undefined> {
  const camel = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const given = (how: string): unknown => (flags as Record<string, unknown>)[`${camel}${how}`];
  const ways = ["File", "Stdin", "Prompt"].filter((how) => given(how) !== undefined);
  if (ways.length > 1) throw new UsageError(`${what} is given in more than one way`, "Name one flag for it.");
  if (given("Stdin")) return readSecret(terminal);
  if (given("Prompt")) return askSecret(terminal, what);
  const path = given("File");
  return typeof path === "string" ? readSecretFile(path) : undefined;
}

async function readSecretFile(path: string): Promise<string> {
  try {
    const text = (await readFile(path, "utf8")).trim();
    if (text) return text;
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
  throw new UsageError(`${path} is empty`);
}
