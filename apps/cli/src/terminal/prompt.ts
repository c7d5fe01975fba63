import { UsageError } from "../usage-error.ts";
import { readAll, type Terminal } from "./terminal.ts";

/** A question with its answer in sight. */
export async function askText(terminal: Terminal, message: string, initial = ""): Promise<string> {
  const { text } = await questions(terminal, message);
  return answered(await text({ message, initialValue: initial, output: terminal.errors }));
}

/** A question whose answer is not echoed. */
export async function askSecret(terminal: Terminal, message: string): Promise<string> {
  const { password } = await questions(terminal, message);
  return answered(await password({ message, output: terminal.errors }));
}

/** One of several, each with what it is called. */
export async function askChoice<Value extends string>(
  terminal: Terminal,
  message: string,
  options: readonly { value: Value; label: string }[],
): Promise<Value> {
  const { select } = await questions(terminal, message);
  const choices: { value: string; label: string }[] = [...options];
  return answered(await select({ message, options: choices, output: terminal.errors })) as Value;
}

export async function askConfirm(
  terminal: Terminal,
  message: string,
  tryThis = "Say --yes if you mean it.",
): Promise<boolean> {
  const { confirm } = await questions(terminal, message, tryThis);
  return answered(await confirm({ message, initialValue: false, output: terminal.errors }));
}

/** A secret that another program hands over: all of standard input but the line end. */
export async function readSecret(terminal: Terminal): Promise<string> {
  const secret = (await readAll(terminal.input)).replace(/\r?\n$/, "");
  if (secret === "")
    throw new UsageError("standard input holds no password", "Pipe it in: `pass show vm | lqx … --password-stdin`.");
  return secret;
}

async function questions(terminal: Terminal, message: string, tryThis = "Give it as a flag: see --help.") {
  if (terminal.input.isTTY !== true) throw new UsageError(`there is no terminal to ask: ${message}`, tryThis);
  return import("@clack/prompts");
}

/** Clack answers Ctrl-C with a symbol. */
function answered<T>(answer: T): Exclude<T, symbol> {
  if (typeof answer === "symbol") throw new UsageError("nothing was done");
  return answer as Exclude<T, symbol>;
}
