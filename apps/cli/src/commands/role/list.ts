import type { Verb } from "../verb.ts";

export const list: Verb = (command, cli) => {
  command.action(async () => {
    const session = await cli.connect();
    const [{ printList }, { roleListView }] = await Promise.all([import("../../output/print.ts"), import("./view.ts")]);
    await printList(cli, roleListView(), (await session.roles.listRoles({})).roles);
  });
};
