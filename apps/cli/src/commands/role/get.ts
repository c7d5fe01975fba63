import type { Verb } from "../verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<role>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ RoleSchema }, { getRole }, { printMessage }, { describeRole }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-identities.ts"),
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    await printMessage(cli, RoleSchema, await getRole(session, ref), describeRole);
  });
};
