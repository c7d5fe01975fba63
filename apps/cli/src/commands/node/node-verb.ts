import type { Command } from "commander";
import type { Node } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import type { Session } from "../../rpc/session.ts";
import { mutation, type MutationFlags } from "../../tasks/flags.ts";

export interface NodeCall {
  session: Session;
  node: Node;
  words: string[];
  common: ReturnType<typeof mutation>;
}

/** Changes of a host that are done when they are answered: no task, so no `--wait`. */
export function nodeVerb(
  command: Command,
  cli: Cli,
  { call, done }: { call: (it: NodeCall) => Promise<Node>; done: (node: Node) => string },
): void {
  command
    .option("--dry-run", "check it and change nothing")
    .option("--idempotency-key <key>", "a repeat under the same key answers what the first one did (24 h)")
    .action(async (...given: unknown[]) => {
      const words = given
        .slice(0, -2)
        .flat()
        .filter((word) => typeof word === "string");
      const flags = given.at(-2) as MutationFlags;
      const session = await cli.connect();
      const [{ getNode }, { isMachine }] = await Promise.all([
        import("../../rpc/resolve.ts"),
        import("../../output/format.ts"),
      ]);
      const [ref = "", ...rest] = words;
      const node = await call({ session, node: await getNode(session, ref), words: rest, common: mutation(flags) });
      if (isMachine(cli.flags.output)) return printNode(cli, node);
      cli.print(`${done(node)}${flags.dryRun ? " (dry run: nothing was changed)" : ""}`);
    });
}

export async function printNode(cli: Cli, node: Node): Promise<void> {
  const [{ NodeSchema }, { printMessage }, { describeNode }] = await Promise.all([
    import("@limiquantix/api"),
    import("../../output/print.ts"),
    import("./view.ts"),
  ]);
  await printMessage(cli, NodeSchema, node, describeNode);
}
