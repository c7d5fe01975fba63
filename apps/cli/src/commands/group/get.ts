import type { Verb } from "../verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<group>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ GroupSchema }, { getGroup }, { readUserNamesById }, { printMessage }, { describeGroup }] =
      await Promise.all([
        import("@limiquantix/api"),
        import("../../rpc/resolve-identities.ts"),
        import("./names.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
    const [group, userName] = await Promise.all([getGroup(session, ref), readUserNamesById(session)]);
    await printMessage(cli, GroupSchema, group, (it) => describeGroup(it, userName));
  });
};
