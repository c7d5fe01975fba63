import type { Verb } from "../verb.ts";

interface FilesFlags {
  orphans?: boolean;
}

export const files: Verb = (command, cli) => {
  command
    .argument("<pool>", "name or id")
    .option("--orphans", "only what nothing here knows: left behind by something that went wrong, or somebody else's")
    .action(async (ref: string, flags: FilesFlags) => {
      const session = await cli.connect();
      const [{ getPool }, { printList }, { fileListView }] = await Promise.all([
        import("../../rpc/resolve-pool.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
      const pool = await getPool(session, ref);
      const orphans = flags.orphans ?? false;
      const found = await session.pools.listPoolFiles({ poolId: pool.id, orphans });
      await printList(cli, fileListView(orphans), found.files);
      if (found.truncated) cli.warn("there is more: only the first 10,000 are told");
    });
};
