import type { MutationFlags } from "../../tasks/flags.ts";
import { applyLabelChanges, collect, parseLabelChanges } from "../../values/labels.ts";
import type { Verb } from "../verb.ts";
import { volumeVerb } from "./volume-verb.ts";

interface EditFlags extends MutationFlags {
  name?: string;
  description?: string;
  label?: string[];
}

export const edit: Verb = (command, cli) => {
  command
    .argument("<volume>", "name or id")
    .option("--name <name>", "a new name")
    .option("--description <text>", "what it is for")
    .option("-l, --label <change>", "key=value sets a label, key- removes it; may be repeated", collect);
  volumeVerb<EditFlags>(command, cli, {
    action: "edit",
    call: async ({ session, volume, flags, common }) => {
      const { changedFields } = await import("../../values/changed-fields.ts");
      const { fields, updateMask } = changedFields({
        name: flags.name,
        description: flags.description,
        labels: flags.label ? applyLabelChanges(volume.labels, parseLabelChanges(flags.label)) : undefined,
      });
      return session.volumes.updateVolume({
        id: volume.id,
        ...fields,
        updateMask,
        revision: volume.revision,
        ...common,
      });
    },
  });
};
