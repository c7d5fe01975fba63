import type { Command } from "commander";
import type { Cli } from "../cli.ts";

/** Fills an empty command with its verb: arguments, flags and the action. */
export type Verb = (command: Command, cli: Cli) => void;
