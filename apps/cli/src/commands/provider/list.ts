import type { Verb } from "../verb.ts";

export const list: Verb = (command, cli) => {
  command.action(async () => {
    const session = await cli.connect();
    const [{ printList }, { providerListView }] = await Promise.all([
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    await printList(cli, providerListView(), (await session.providers.listProviders({})).providers);
  });
};
