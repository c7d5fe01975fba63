import type { Verb } from "../verb.ts";

export const list: Verb = (command, cli) => {
  command.option("--watch", "go on and show every change, until Ctrl-C").action(async (flags: { watch?: boolean }) => {
    const session = await cli.connect();
    const [
      { ClusterUpdateSchema },
      { allPages, pageSize },
      { readNodes },
      { printList },
      { watchList },
      { clusterListView },
    ] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/pages.ts"),
      import("../../rpc/hostnames.ts"),
      import("../../output/print.ts"),
      import("../../output/watch-list.ts"),
      import("./view.ts"),
    ]);
    const view = clusterListView(await readNodes(session));
    if (flags.watch) {
      return watchList(cli, {
        view,
        updates: ClusterUpdateSchema,
        open: (signal) => session.clusters.watchClusters({}, { signal }),
        row: ({ cluster }) => cluster,
      });
    }
    const clusters = await allPages(async (pageToken) => {
      const page = await session.clusters.listClusters({ pageSize, pageToken });
      return { items: page.clusters, nextPageToken: page.nextPageToken };
    });
    await printList(cli, view, clusters);
  });
};
