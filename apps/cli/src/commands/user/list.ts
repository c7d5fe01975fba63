import type { Verb } from "../verb.ts";

interface ListFlags {
  group?: string;
}

export const list: Verb = (command, cli) => {
  command
    .argument("[search]", "only those in whose names or e-mail this is")
    .option("--group <group>", "only the members of this group")
    .action(async (search: string | undefined, flags: ListFlags) => {
      const session = await cli.connect();
      const [{ allPages, pageSize }, { getGroup }, { printList }, { userListView }] = await Promise.all([
        import("../../rpc/pages.ts"),
        import("../../rpc/resolve-identities.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
      const groupId = flags.group ? (await getGroup(session, flags.group)).id : "";
      const users = await allPages(async (pageToken) => {
        const page = await session.users.listUsers({ search: search ?? "", groupId, pageSize, pageToken });
        return { items: page.users, nextPageToken: page.nextPageToken };
      });
      await printList(cli, userListView(cli.terminal.paint), users);
    });
};
