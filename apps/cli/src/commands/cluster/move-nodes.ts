import { MoveNodeResponseSchema } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import { printDone } from "../../output/done.ts";
import { getNode } from "../../rpc/resolve.ts";
import { mutation, type MutationFlags } from "../../tasks/flags.ts";

export interface MoveNodes {
  nodes: readonly string[];
  /** Empty: out of every cluster. */
  clusterId: string;
  flags: MutationFlags;
  /** What is then said of each host: "is in lab". */
  done: string;
}

export async function moveNodes(cli: Cli, { nodes: refs, clusterId, flags, done }: MoveNodes): Promise<void> {
  const session = await cli.connect();
  const nodes = await Promise.all(refs.map((ref) => getNode(session, ref)));
  const answers = await Promise.all(
    nodes.map((node) => session.clusters.moveNode({ nodeId: node.id, clusterId, ...mutation(flags) })),
  );
  const describe = (_: unknown, at: number) => `${nodes[at]?.hostname} ${done}`;
  await printDone(cli, { schema: MoveNodeResponseSchema, answers, flags, describe });
}
