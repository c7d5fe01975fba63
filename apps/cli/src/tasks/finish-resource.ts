import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { Task } from "@limiquantix/api";
import type { Cli } from "../cli.ts";
import type { Session } from "../rpc/session.ts";
import { finish } from "./finish.ts";
import type { MutationFlags } from "./flags.ts";

export interface FinishResource<Desc extends DescMessage> {
  session: Session;
  flags: MutationFlags;
  schema: Desc;
  /** What was asked for, as in "delete debian". */
  action: string;
  nameOf: (answer: MessageShape<Desc>) => string;
  /** What came of it: "is READY". */
  outcome: (answer: MessageShape<Desc>) => string;
  /** Left out where nothing is left to read. */
  reread?: ((answer: MessageShape<Desc>) => Promise<void>) | undefined;
  instant?: boolean;
}

/** The end of a mutation whose answer is a resource with a name, and perhaps a task. */
export function finishResource<Desc extends DescMessage>(
  cli: Cli,
  answers: readonly (MessageShape<Desc> & { task?: Task })[],
  { action, nameOf, outcome, reread, ...options }: FinishResource<Desc>,
): Promise<void> {
  return finish(cli, answers, {
    ...options,
    ...(reread ? { reread } : {}),
    describe: (answer, when) => {
      const name = nameOf(answer);
      if (when === "asked") return `${action} ${name}`;
      return when === "dry" ? `${action} ${name}: it can be done` : `${name} ${outcome(answer)}`;
    },
  });
}
