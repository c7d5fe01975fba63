import type { Verb } from "../verb.ts";

export const get: Verb = (command, cli) => {
  command.action(async () => {
    const session = await cli.connect();
    const [{ LoginPolicySchema }, { printMessage }, { describePolicy }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    await printMessage(cli, LoginPolicySchema, await session.users.getLoginPolicy({}), describePolicy);
  });
};
