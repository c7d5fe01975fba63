import type { StoragePool } from "@limiquantix/api";
import type { Verb } from "../verb.ts";

interface ListFlags {
  node?: string;
  project?: string;
  backend?: string;
  watch?: boolean;
}

export const list: Verb = (command, cli) => {
  command
    .option("--node <node>", "only those of this host")
    .option("--project <project>", "only those of this project")
    .addOption(
      command.createOption("--backend <kind>", "only this kind").choices(["local", "nfs", "rbd", "iscsi", "linstor"]),
    )
    .option("--watch", "go on and show every change, until Ctrl-C")
    .action(async (flags: ListFlags) => {
      const session = await cli.connect();
      const [
        { PoolUpdateSchema },
        { getNode },
        { getPlace },
        { readPools },
        { readHostnames },
        { printList },
        { watchList },
        { kindOf, poolListView },
      ] = await Promise.all([
        import("@limiquantix/api"),
        import("../../rpc/resolve.ts"),
        import("../../rpc/resolve-folder.ts"),
        import("../../rpc/resolve-pool.ts"),
        import("../../rpc/hostnames.ts"),
        import("../../output/print.ts"),
        import("../../output/watch-list.ts"),
        import("./view.ts"),
      ]);
      const [node, { projectId }, hostname] = await Promise.all([
        flags.node ? getNode(session, flags.node) : undefined,
        getPlace(session, { project: flags.project }),
        readHostnames(session),
      ]);
      const nodeId = node?.id ?? "";
      const view = poolListView(cli.terminal.paint, hostname);
      const wanted = (pool: StoragePool) =>
        (!flags.backend || kindOf(pool) === flags.backend) &&
        (!nodeId || (pool.spec?.assignedNodeIds.includes(nodeId) ?? false));
      if (flags.watch) {
        return watchList(cli, {
          view,
          wanted,
          updates: PoolUpdateSchema,
          open: (signal) => session.pools.watchPools({ projectId }, { signal }),
          row: ({ pool }) => pool,
        });
      }
      const pools = await readPools(session, { nodeId, projectId });
      await printList(cli, view, pools.filter(wanted));
    });
};
