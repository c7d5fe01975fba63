import type { Verb } from "../verb.ts";

export const list: Verb = (command, cli) => {
  command.action(async () => {
    const session = await cli.connect();
    const [{ printList }, { tokenListView }] = await Promise.all([
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    await printList(cli, tokenListView(), (await session.auth.listTokens({})).tokens);
  });
};
