import type { Verb } from "../verb.ts";
import { addChangeFlags, type MutationFlags } from "../../tasks/flags.ts";

export const addNode: Verb = (command, cli) => {
  command.argument("<cluster>", "name or id").argument("<node...>", "host names or ids");
  addChangeFlags(command).action(async (ref: string, nodes: string[], flags: MutationFlags) => {
    const session = await cli.connect();
    const [{ getCluster }, { moveNodes }] = await Promise.all([
      import("../../rpc/resolve-identities.ts"),
      import("./move-nodes.ts"),
    ]);
    const cluster = await getCluster(session, ref);
    await moveNodes(cli, { nodes, clusterId: cluster.id, flags, done: `is in ${cluster.name}` });
  });
};
