import type { Verb } from "../verb.ts";

export const list: Verb = (command, cli) => {
  command.argument("[search]", "only those in whose name this is").action(async (search: string | undefined) => {
    const session = await cli.connect();
    const [{ allPages, pageSize }, { printList }, { groupListView }] = await Promise.all([
      import("../../rpc/pages.ts"),
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    const groups = await allPages(async (pageToken) => {
      const page = await session.groups.listGroups({ search: search ?? "", pageSize, pageToken });
      return { items: page.groups, nextPageToken: page.nextPageToken };
    });
    await printList(cli, groupListView(), groups);
  });
};
