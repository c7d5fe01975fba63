import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { applyLabelChanges, collect, parseLabelChanges } from "../../values/labels.ts";
import {
  addIscsiFlags,
  addLinstorFlags,
  addNfsFlags,
  addRbdFlags,
  addThresholdFlags,
  secrets,
  type ReachFlags,
  type ThresholdFlags,
} from "./flags.ts";

interface EditFlags extends MutationFlags, ThresholdFlags, ReachFlags {
  name?: string;
  description?: string;
  label?: string[];
}

export const edit: Verb = (command, cli) => {
  command
    .argument("<pool>", "name or id")
    .option("--name <name>", "a new name")
    .option("--description <text>", "what it is for")
    .option("-l, --label <change>", "key=value sets a label, key- removes it; may be repeated", collect);
  addLinstorFlags(addIscsiFlags(addRbdFlags(addNfsFlags(addThresholdFlags(command)))));
  addMutationFlags(command).action(async (ref: string, flags: EditFlags) => {
    const session = await cli.connect();
    const [{ getPool }, { readSecretFlag }, { changedConfig, thresholdsFrom }, { changedFields }, { finishPools }] =
      await Promise.all([
        import("../../rpc/resolve-pool.ts"),
        import("../../terminal/secret-flags.ts"),
        import("./spec.ts"),
        import("../../values/changed-fields.ts"),
        import("./finish-pools.ts"),
      ]);
    const { id, labels, spec, revision } = await getPool(session, ref);
    let secret: string | undefined;
    for (const one of Object.values(secrets)) secret ??= await readSecretFlag(cli.terminal, flags, one);
    const thresholds = thresholdsFrom(spec?.thresholds, flags);
    const { config, paths } = changedConfig(spec?.config ?? { case: undefined }, flags, secret);
    const { fields, updateMask } = changedFields({
      name: flags.name,
      description: flags.description,
      labels: flags.label ? applyLabelChanges(labels, parseLabelChanges(flags.label)) : undefined,
      spec: config || thresholds ? { ...(config ? { config } : {}), ...(thresholds ? { thresholds } : {}) } : undefined,
    });
    const answer = await session.pools.updatePool({
      id,
      ...fields,
      revision,
      updateMask: {
        paths: [
          ...updateMask.paths.filter((path) => path !== "spec"),
          ...(thresholds ? ["spec.thresholds"] : []),
          ...paths,
        ],
      },
      ...mutation(flags),
    });
    await finishPools(cli, [answer], { session, flags, action: "edit", instant: true });
  });
};
