import type { Verb } from "../verb.ts";

interface ListFlags {
  node?: string;
}

export const list: Verb = (command, cli) => {
  command.option("--node <node>", "only those of this host").action(async (flags: ListFlags) => {
    const session = await cli.connect();
    const [{ allPages, pageSize }, { getNode }, { readHostnames }, { printList }, { poolListView }] = await Promise.all(
      [
        import("../../rpc/pages.ts"),
        import("../../rpc/resolve.ts"),
        import("../../rpc/hostnames.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ],
    );
    const nodeId = flags.node ? (await getNode(session, flags.node)).id : "";
    const [hostname, pools] = await Promise.all([
      readHostnames(session),
      allPages(async (pageToken) => {
        const page = await session.pools.listPools({ nodeId, pageSize, pageToken });
        return { items: page.pools, nextPageToken: page.nextPageToken };
      }),
    ]);
    await printList(cli, poolListView(cli.terminal.paint, hostname), pools);
  });
};
