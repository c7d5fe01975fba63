import type { DrainNodeResponse } from "@limiquantix/api";
import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { parseSeconds } from "../../values/duration.ts";

interface DrainFlags extends MutationFlags {
  force?: boolean;
  grace?: number;
}

export const drain: Verb = (command, cli) => {
  command
    .argument("<node>", "host name or id")
    .option("-f, --force", "shut down the VMs that cannot move; without it they block the drain")
    .option("--grace <duration>", "how long guests may take to shut down (120s unless told)", parseSeconds);
  addMutationFlags(command).action(async (ref: string, flags: DrainFlags) => {
    const session = await cli.connect();
    const [
      { DrainNodeResponseSchema, fromConnectError, Reason },
      { getNode },
      { finish },
      { isMachine },
      { describeDrain },
    ] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve.ts"),
      import("../../tasks/finish.ts"),
      import("../../output/format.ts"),
      import("./drain-verdicts.ts"),
    ]);
    const node = await getNode(session, ref);
    const request = { id: node.id, force: flags.force ?? false, gracePeriodSec: flags.grace ?? 0 };
    let answer: DrainNodeResponse;
    try {
      answer = await session.nodes.drainNode({ ...request, ...mutation(flags) });
    } catch (error) {
      if (fromConnectError(error).reason === Reason.NODE_DRAIN_BLOCKED) {
        // The refusal counts the VMs; a dry run names them.
        const { verdicts } = await session.nodes.drainNode({ ...request, dryRun: true });
        cli.note(...describeDrain(verdicts));
      }
      throw error;
    }
    if (!isMachine(cli.flags.output)) cli.print(...describeDrain(answer.verdicts));
    await finish(cli, [answer], {
      session,
      flags,
      schema: DrainNodeResponseSchema,
      reread: async (it) => {
        it.node = await session.nodes.getNode({ id: node.id });
      },
      describe: (_it, when) => (when === "done" ? `${node.hostname} is empty` : `drain ${node.hostname}`),
    });
  });
};
