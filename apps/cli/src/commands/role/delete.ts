import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface DeleteFlags extends MutationFlags {
  yes?: boolean;
}

export const deleteRole: Verb = (command, cli) => {
  command.argument("<role...>", "names or ids").option("-y, --yes", "do not ask");
  addChangeFlags(command).action(async (refs: string[], flags: DeleteFlags) => {
    const session = await cli.connect();
    const [{ DeleteRoleResponseSchema }, { getRole }, { confirmed }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-identities.ts"),
      import("../../terminal/confirm.ts"),
      import("../../output/done.ts"),
    ]);
    const roles = await Promise.all(refs.map((ref) => getRole(session, ref)));
    if (!(await confirmed(cli, flags, `Delete ${roles.map((role) => role.name).join(", ")}?`))) return;
    const answers = await Promise.all(roles.map(({ id }) => session.roles.deleteRole({ id, ...mutation(flags) })));
    const schema = DeleteRoleResponseSchema;
    await printDone(cli, { schema, answers, flags, describe: (_, at) => `role ${roles[at]?.name} is deleted` });
  });
};
