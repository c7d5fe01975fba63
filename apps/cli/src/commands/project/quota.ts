import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { addQuotaFlags, changedQuota, type QuotaFlags } from "./quota-flags.ts";

export const quota: Verb = (command, cli) => {
  command.argument("<project>", "name or id");
  addChangeFlags(addQuotaFlags(command))
    .addHelpText("after", "\nWithout a flag it shows what is used, of what there may be.")
    .action(async (ref: string, flags: QuotaFlags & MutationFlags) => {
      const session = await cli.connect();
      const [{ ProjectSchema }, { getProject }, { printMessage }, { describeQuota }] = await Promise.all([
        import("@limiquantix/api"),
        import("../../rpc/resolve-identities.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
      let project = await getProject(session, ref);
      const wanted = changedQuota(project.quota, flags);
      if (wanted) {
        project = await session.projects.updateProject({
          id: project.id,
          project: { quota: wanted },
          updateMask: { paths: ["quota"] },
          revision: project.revision,
          ...mutation(flags),
        });
        if (flags.dryRun) cli.note("dry run: nothing was changed");
      }
      await printMessage(cli, ProjectSchema, project, describeQuota);
    });
};
