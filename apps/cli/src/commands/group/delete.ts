import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface DeleteFlags extends MutationFlags {
  yes?: boolean;
}

export const deleteGroup: Verb = (command, cli) => {
  command.argument("<group...>", "names or ids").option("-y, --yes", "do not ask");
  addChangeFlags(command).action(async (refs: string[], flags: DeleteFlags) => {
    const session = await cli.connect();
    const [{ DeleteGroupResponseSchema }, { getGroup }, { confirmed }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-identities.ts"),
      import("../../terminal/confirm.ts"),
      import("../../output/done.ts"),
    ]);
    const groups = await Promise.all(refs.map((ref) => getGroup(session, ref)));
    const names = groups.map((group) => group.name).join(", ");
    if (!(await confirmed(cli, flags, `Delete ${names} with what is granted to it?`))) return;
    const answers = await Promise.all(groups.map(({ id }) => session.groups.deleteGroup({ id, ...mutation(flags) })));
    const schema = DeleteGroupResponseSchema;
    await printDone(cli, { schema, answers, flags, describe: (_, at) => `group ${groups[at]?.name} is deleted` });
  });
};
