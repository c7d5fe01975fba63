import { CommanderError, type Command } from "commander";
import { Cli, type GlobalFlags } from "./cli.ts";
import type { Settings } from "./config.ts";
import { ExitCode } from "./exit-codes.ts";
import { isMachine } from "./output/format.ts";
import { createProgram } from "./program.ts";
import { createTerminal, Interrupted, type Terminal } from "./terminal/terminal.ts";
import { UsageError } from "./usage-error.ts";

/** Runs one command line and answers its exit code. Nothing is thrown: every failure is a sentence on `errors`. */
export async function run(
  argv: readonly string[],
  settings: Settings,
  streams: Pick<Terminal, "input" | "output" | "errors">,
): Promise<number> {
  const colour = !settings.noColor && !argv.includes("--no-color");
  const terminal = createTerminal(streams, colour);
  // The reader of `lqx … | head` may leave early: that is no failure.
  streams.output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  let program: Command | undefined;
  const cli = new Cli(settings, terminal, () => (program as Command).opts<GlobalFlags>());
  program = createProgram(cli);
  try {
    await program.parseAsync(helpWords(argv), { from: "user" });
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return commanderCode(error);
    return report(cli, error);
  }
}

/**
 * `lqx help vm start` and `lqx vm help start` are `lqx vm start --help`. `--version` in front is no flag of the program: it
 * would be one everywhere, and a pool of NFS has a version too.
 */
function helpWords(argv: readonly string[]): string[] {
  if (argv[0] === "--version") return ["version", "--client", ...argv.slice(1)];
  const at = argv.indexOf("help");
  if (at !== 0 && at !== 1) return [...argv];
  return [...argv.filter((word, index) => index !== at && !word.startsWith("-")), "--help"];
}

function commanderCode(error: CommanderError): number {
  return error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE;
}

async function report(cli: Cli, error: unknown): Promise<number> {
  const { paintErrors: paint } = cli.terminal;
  const { debug, output } = cli.flags;
  if (debug && !(error instanceof Interrupted)) cli.note(paint.dim(stackOf(error)));
  if (error instanceof Interrupted) return ExitCode.INTERRUPTED;
  if (error instanceof UsageError) {
    if (isMachine(output)) cli.note(JSON.stringify({ error: { message: error.message, tryThis: error.tryThis } }));
    else {
      cli.note(`${paint.red("error:")} ${error.message}`);
      if (error.tryThis) cli.note(`${paint.cyan("try this:")} ${error.tryThis}`);
    }
    return ExitCode.USAGE;
  }
  const { asProblem, describeProblem, exitCodeOf, problemJson, taskFailure } =
    await import("./output/describe-error.ts");
  const failed = taskFailure(error);
  const problem = failed ?? asProblem(error, cli.flags.server ?? "the server");
  if (problem) {
    if (isMachine(output)) cli.note(JSON.stringify(problemJson(problem)));
    else cli.note(...describeProblem(problem, paint));
    return failed ? ExitCode.TASK_FAILED : exitCodeOf(problem);
  }
  const sentence = error instanceof Error ? sentenceOf(error) : String(error);
  cli.note(`${paint.red("error:")} ${sentence}`);
  if (!debug) cli.note(`${paint.cyan("try this:")} --debug shows where it comes from.`);
  return ExitCode.FAILED;
}

/** `read config.json: permission denied`: what was being done, then why it failed. */
function sentenceOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${sentenceOf(error.cause)}` : error.message;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
