import type { Verb } from "./verb.ts";

export const passwd: Verb = (command, cli) => {
  command
    .option("--password-stdin", "read two lines from standard input, the old password and the new one")
    .addHelpText("after", "\nEvery other session of yours ends.")
    .action(async (flags: { passwordStdin?: boolean }) => {
      const { readPasswordChange } = await import("../terminal/password.ts");
      const change = await readPasswordChange(cli.terminal, flags.passwordStdin ?? false);
      const session = await cli.connect();
      await session.auth.changePassword(change);
      cli.print("the password is changed; your other sessions have ended");
    });
};
