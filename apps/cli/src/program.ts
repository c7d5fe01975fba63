import { Command } from "commander";
import type { Cli } from "./cli.ts";
import { addEntries } from "./command-tree.ts";
import { entries } from "./commands/index.ts";
import { exitCodeHelp } from "./exit-codes.ts";
import { formats } from "./output/format.ts";

/**
 * The command tree. Only names and summaries are known at first; what a noun or a verb is made of is imported when the
 * command line comes to it, so that help and completion do not wait for the rest.
 */
export function createProgram(cli: Cli): Command {
  const program = new Command("lqx")
    .description("limiquantix from the command line: VMs, hosts, images. Names and ids do equally well everywhere.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void cli.terminal.output.write(text),
      writeErr: (text) => void cli.terminal.errors.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .helpCommand(false)
    .showHelpAfterError("(add --help for what can be given)");
  program
    .addOption(program.createOption("-o, --output <format>", "how to print").choices(formats).default("table"))
    .option("--server <url>", "control plane (LIMIQUANTIX_SERVER; else the saved context; else http://127.0.0.1:8080)")
    .option("--context <context>", "a saved login other than the current one")
    .option("--debug", "show the cause and the stack of an error")
    .option("--no-color", "no colours (also: NO_COLOR=1)")
    .addHelpText("after", `\n\`lqx --version\` tells the version of lqx alone.\n\n${exitCodeHelp}`);
  addEntries(program, entries, cli);
  return program;
}
