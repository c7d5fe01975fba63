import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { collectLabels, type Labels } from "../../values/labels.ts";

interface CreateFlags extends MutationFlags {
  description?: string;
  label?: Labels;
}

export const create: Verb = (command, cli) => {
  command
    .argument("<name>", "name of the new cluster")
    .option("--description <text>", "what it is for")
    .option("-l, --label <key=value>", "a label; may be repeated", collectLabels);
  addChangeFlags(command).action(async (name: string, flags: CreateFlags) => {
    const session = await cli.connect();
    const [{ ClusterSchema }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../output/done.ts"),
    ]);
    const wanted = { name, description: flags.description ?? "", labels: flags.label ?? {} };
    const answers = [await session.clusters.createCluster({ ...wanted, ...mutation(flags) })];
    await printDone(cli, { schema: ClusterSchema, answers, flags, describe: () => `cluster ${name} is made` });
  });
};
