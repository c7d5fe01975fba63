import type { Verb } from "../verb.ts";

interface RemoveFlags {
  passwordStdin?: boolean;
}

export const remove: Verb = (command, cli) => {
  command
    .argument("<factor>", "name or id")
    .option("--password-stdin", "read your password from standard input instead of asking")
    .action(async (ref: string, flags: RemoveFlags) => {
      const session = await cli.connect();
      const [{ UsageError }, { askSecret, readSecret }] = await Promise.all([
        import("../../usage-error.ts"),
        import("../../terminal/prompt.ts"),
      ]);
      const { factors } = await session.auth.listFactors({});
      const [factor, second] = factors.filter((one) => one.id === ref || one.name === ref);
      if (!factor) throw new UsageError(`there is no factor ${ref}`, "`lqx factor ls` shows those that there are.");
      if (second) throw new UsageError(`more than one factor is named ${ref}`, "Give the id.");
      const password = flags.passwordStdin
        ? await readSecret(cli.terminal)
        : await askSecret(cli.terminal, "Your password");
      await session.auth.removeFactor({ id: factor.id, password });
      cli.print(`factor ${factor.name || factor.id} is removed`);
    });
};
