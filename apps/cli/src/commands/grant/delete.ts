import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface DeleteFlags extends MutationFlags {
  yes?: boolean;
}

export const deleteGrant: Verb = (command, cli) => {
  command.argument("<grant...>", "ids, as `lqx grant ls` shows them").option("-y, --yes", "do not ask");
  addChangeFlags(command).action(async (ids: string[], flags: DeleteFlags) => {
    const session = await cli.connect();
    const [{ DeleteGrantResponseSchema }, { confirmed }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../terminal/confirm.ts"),
      import("../../output/done.ts"),
    ]);
    if (!(await confirmed(cli, flags, `Take back ${ids.length === 1 ? "this grant" : `${ids.length} grants`}?`)))
      return;
    const answers = [];
    // One after the other: the server must see which of them would be the last administrator's.
    for (const id of ids) answers.push(await session.grants.deleteGrant({ id, ...mutation(flags) }));
    const schema = DeleteGrantResponseSchema;
    await printDone(cli, { schema, answers, flags, describe: (_, at) => `grant ${ids[at]} is taken back` });
  });
};
