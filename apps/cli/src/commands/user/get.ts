import type { Verb } from "../verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<user>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ getUser }, { readUserNames }, { printUser }] = await Promise.all([
      import("../../rpc/resolve-identities.ts"),
      import("./names.ts"),
      import("./view.ts"),
    ]);
    const [user, names] = await Promise.all([getUser(session, ref), readUserNames(session)]);
    await printUser(cli, user, names);
  });
};
