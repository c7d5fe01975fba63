import type { Verb } from "./verb.ts";

export const whoami: Verb = (command, cli) => {
  command.action(async () => {
    const session = await cli.connect();
    const [{ UserSchema }, { printMessage }] = await Promise.all([
      import("@limiquantix/api"),
      import("../output/print.ts"),
    ]);
    const user = await session.auth.whoAmI({});
    await printMessage(cli, UserSchema, user, (it) => [
      `${it.name} at ${session.server}${it.administrator ? " (administrator)" : ""}`,
    ]);
  });
};
