import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { UsageError } from "../../usage-error.ts";

interface RevokeFlags extends MutationFlags {
  user?: string;
  others?: boolean;
}

export const revoke =
  (what: "token" | "session"): Verb =>
  (command, cli) => {
    command.argument(`[${what}...]`, "names or ids").option("--user <user>", "theirs instead of yours");
    if (what === "session") command.option("--others", "all but the one that asks");
    addChangeFlags(command).action(async (refs: string[], flags: RevokeFlags) => {
      if (refs.length > 0 === (flags.others ?? false))
        throw new UsageError(`which ${what}?`, what === "session" ? "Name it, or say --others." : "Name it.");
      const session = await cli.connect();
      const [{ RevokeTokenResponseSchema }, { readTokens }, { printDone }] = await Promise.all([
        import("@limiquantix/api"),
        import("./read.ts"),
        import("../../output/done.ts"),
      ]);
      const all = await readTokens(session, what, flags.user);
      const chosen = flags.others ? all.filter((one) => !one.current) : refs.map((ref) => only(what, ref, all));
      const answers = await Promise.all(chosen.map(({ id }) => session.auth.revokeToken({ id, ...mutation(flags) })));
      if (answers.length === 0) return cli.note("there is no other session");
      const describe = (_: unknown, at: number) => `${what} ${chosen[at]?.name || chosen[at]?.id} is revoked`;
      await printDone(cli, { schema: RevokeTokenResponseSchema, answers, flags, describe });
    });
  };

function only<Item extends { id: string; name: string }>(what: string, ref: string, all: readonly Item[]): Item {
  const [found, second] = all.filter((one) => one.id === ref || one.name === ref);
  if (!found) throw new UsageError(`there is no ${what} ${ref}`, `\`lqx ${what} list\` shows those that there are.`);
  if (second) throw new UsageError(`more than one ${what} is named ${ref}`, "Give the id.");
  return found;
}
