import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface DeleteFlags extends MutationFlags {
  yes?: boolean;
}

export const deleteProject: Verb = (command, cli) => {
  command.argument("<project...>", "names or ids").option("-y, --yes", "do not ask");
  addChangeFlags(command).action(async (refs: string[], flags: DeleteFlags) => {
    const session = await cli.connect();
    const [{ DeleteProjectResponseSchema }, { getProject }, { confirmed }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-identities.ts"),
      import("../../terminal/confirm.ts"),
      import("../../output/done.ts"),
    ]);
    const projects = await Promise.all(refs.map((ref) => getProject(session, ref)));
    const names = projects.map((project) => project.name).join(", ");
    if (!(await confirmed(cli, flags, `Delete ${names} with what is granted on it?`))) return;
    const answers = await Promise.all(
      projects.map(({ id }) => session.projects.deleteProject({ id, ...mutation(flags) })),
    );
    const schema = DeleteProjectResponseSchema;
    await printDone(cli, { schema, answers, flags, describe: (_, at) => `project ${projects[at]?.name} is deleted` });
  });
};
