import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { applyLabelChanges, collect, parseLabelChanges } from "../../values/labels.ts";

interface EditFlags extends MutationFlags {
  name?: string;
  description?: string;
  label?: string[];
}

export const edit: Verb = (command, cli) => {
  command
    .argument("<cluster>", "name or id")
    .option("--name <name>", "a new name")
    .option("--description <text>", "what it is for")
    .option("-l, --label <change>", "key=value sets a label, key- removes it; may be repeated", collect);
  addChangeFlags(command).action(async (ref: string, flags: EditFlags) => {
    const session = await cli.connect();
    const [{ ClusterSchema }, { getCluster }, { changedFields }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-identities.ts"),
      import("../../values/changed-fields.ts"),
      import("../../output/done.ts"),
    ]);
    const { id, labels, revision } = await getCluster(session, ref);
    const { fields, updateMask } = changedFields({
      name: flags.name,
      description: flags.description,
      labels: flags.label ? applyLabelChanges(labels, parseLabelChanges(flags.label)) : undefined,
    });
    const request = { id, cluster: fields, updateMask, revision, ...mutation(flags) };
    const answers = [await session.clusters.updateCluster(request)];
    await printDone(cli, { schema: ClusterSchema, answers, flags, describe: (it) => `cluster ${it.name} is changed` });
  });
};
