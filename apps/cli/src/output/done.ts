import { toJson, type DescMessage, type JsonValue, type MessageShape } from "@bufbuild/protobuf";
import type { Cli } from "../cli.ts";
import type { MutationFlags } from "../tasks/flags.ts";
import { isMachine } from "./format.ts";
import { printData } from "./print.ts";
import { printable } from "./table.ts";

export interface Done<Desc extends DescMessage> {
  schema: Desc;
  answers: readonly MessageShape<Desc>[];
  flags: MutationFlags;
  /** The sentence for people. */
  describe: (answer: MessageShape<Desc>, at: number) => string;
}

/** The end of a change that is done when it is answered: a sentence each, or the answers as data. */
export async function printDone<Desc extends DescMessage>(
  cli: Cli,
  { schema, answers, flags, describe }: Done<Desc>,
): Promise<void> {
  if (isMachine(cli.flags.output)) {
    const data: JsonValue[] = answers.map((answer) => toJson(schema, answer));
    return printData(cli, data.length === 1 ? (data[0] ?? null) : data);
  }
  const dry = flags.dryRun ? " (dry run: nothing was changed)" : "";
  cli.print(...answers.map((answer, at) => `${printable(describe(answer, at))}${dry}`));
}
