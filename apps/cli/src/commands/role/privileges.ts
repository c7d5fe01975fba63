import type { Verb } from "../verb.ts";

export const privileges: Verb = (command, cli) => {
  command.argument("[search]", "only those in whose name this is").action(async (search = "") => {
    const session = await cli.connect();
    const [{ printList }, { privilegeListView }] = await Promise.all([
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    const { privileges: all } = await session.roles.listPrivileges({});
    await printList(
      cli,
      privilegeListView(),
      all.filter(({ name }) => name.includes(search)),
    );
  });
};
