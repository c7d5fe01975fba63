import type { Verb } from "../verb.ts";

export const list: Verb = (command, cli) => {
  command.action(async () => {
    const session = await cli.connect();
    const [{ allPages, pageSize }, { printList }, { networkListView }] = await Promise.all([
      import("../../rpc/pages.ts"),
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    const networks = await allPages(async (pageToken) => {
      const page = await session.networks.listNetworks({ pageSize, pageToken });
      return { items: page.networks, nextPageToken: page.nextPageToken };
    });
    await printList(cli, networkListView(cli.terminal.paint), networks);
  });
};
