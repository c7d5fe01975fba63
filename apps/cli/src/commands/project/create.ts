import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { collectLabels, type Labels } from "../../values/labels.ts";
import { addQuotaFlags, changedQuota, type QuotaFlags } from "./quota-flags.ts";

interface CreateFlags extends MutationFlags, QuotaFlags {
  description?: string;
  label?: Labels;
}

export const create: Verb = (command, cli) => {
  command
    .argument("<name>", "small letters, digits and dashes")
    .option("--description <text>", "what it is for")
    .option("-l, --label <key=value>", "a label; may be repeated", collectLabels);
  addChangeFlags(addQuotaFlags(command)).action(async (name: string, flags: CreateFlags) => {
    const session = await cli.connect();
    const [{ ProjectSchema }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../output/done.ts"),
    ]);
    const quota = changedQuota(undefined, flags);
    const answer = await session.projects.createProject({
      name,
      description: flags.description ?? "",
      labels: flags.label ?? {},
      ...(quota ? { quota } : {}),
      ...mutation(flags),
    });
    const describe = () => `project ${name} is made`;
    await printDone(cli, { schema: ProjectSchema, answers: [answer], flags, describe });
  });
};
