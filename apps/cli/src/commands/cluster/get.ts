import type { Verb } from "../verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<cluster>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ ClusterSchema }, { getCluster }, { readNodes }, { printMessage }, { describeCluster }] = await Promise.all(
      [
        import("@limiquantix/api"),
        import("../../rpc/resolve-identities.ts"),
        import("../../rpc/hostnames.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ],
    );
    const [cluster, nodes] = await Promise.all([getCluster(session, ref), readNodes(session)]);
    await printMessage(cli, ClusterSchema, cluster, (it) => describeCluster(it, nodes));
  });
};
