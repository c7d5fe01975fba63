import type { Verb } from "../verb.ts";
import { UsageError } from "../../usage-error.ts";

export const revoke: Verb = (command, cli) => {
  command.argument("<token>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const { tokens } = await session.auth.listTokens({});
    const [token, second] = tokens.filter((one) => one.id === ref || one.name === ref);
    if (!token) throw new UsageError(`there is no token ${ref}`, "`lqx token list` shows those that there are.");
    if (second) throw new UsageError(`more than one token is named ${ref}`, "Give the id.");
    await session.auth.revokeToken({ id: token.id });
    cli.print(`token ${token.name || token.id} is revoked`);
  });
};
