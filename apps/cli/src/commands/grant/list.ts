import type { Verb } from "../verb.ts";

interface ListFlags {
  user?: string;
  group?: string;
  role?: string;
  on?: string;
  effective?: boolean;
}

export const list: Verb = (command, cli) => {
  command
    .option("--user <user>", "only what this user was given")
    .option("--group <group>", "only what this group was given")
    .option("--role <role>", "only of this role")
    .option("--on <object>", "only on this object: root, or KIND/NAME, as in project/web")
    .option("--effective", "with --user also what they have by a group, with --on also what comes from above")
    .action(async (flags: ListFlags) => {
      const session = await cli.connect();
      const [
        { allPages, pageSize },
        { getGroup, getRole, getUserId },
        { getObject },
        { printList },
        { grantListView },
      ] = await Promise.all([
        import("../../rpc/pages.ts"),
        import("../../rpc/resolve-identities.ts"),
        import("../../rpc/resolve-object.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
      const [userId, group, role, object] = await Promise.all([
        flags.user ? getUserId(session, flags.user) : "",
        flags.group ? getGroup(session, flags.group) : undefined,
        flags.role ? getRole(session, flags.role) : undefined,
        flags.on ? getObject(session, flags.on) : undefined,
      ]);
      const request = {
        userId,
        groupId: group?.id ?? "",
        roleId: role?.id ?? "",
        ...(object ? { object } : {}),
        effective: flags.effective ?? false,
        pageSize,
      };
      const grants = await allPages(async (pageToken) => {
        const page = await session.grants.listGrants({ ...request, pageToken });
        return { items: page.grants, nextPageToken: page.nextPageToken };
      });
      await printList(cli, grantListView(), grants);
    });
};
