import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { applyLabelChanges, collect, parseLabelChanges } from "../../values/labels.ts";

interface EditFlags extends MutationFlags {
  name?: string;
  description?: string;
  label?: string[];
  defaultUser?: string;
  minMemory?: string;
  minDisk?: string;
  visibility?: string;
}

export const edit: Verb = (command, cli) => {
  command
    .argument("<image>", "name or id")
    .option("--name <name>", "a new name")
    .option("--description <text>", "what it is")
    .option("-l, --label <change>", "key=value sets a label, key- removes it; may be repeated", collect)
    .option("--default-user <name>", "the user that its cloud-init makes by itself")
    .option("--visibility <who>", "private: its creator and who may edit its project; project; public: every project")
    .option("--min-memory <size>", "the least memory of a VM made from it, as in 512M")
    .option("--min-disk <size>", "the smallest disk made from it, as in 3G");
  addChangeFlags(command).action(async (ref: string, flags: EditFlags) => {
    const session = await cli.connect();
    const [
      { ImageTaskResponseSchema },
      { getImage },
      { changedFields },
      { parseGib, parseMib },
      { parseVisibility },
      { printDone },
    ] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve.ts"),
      import("../../values/changed-fields.ts"),
      import("../../values/size.ts"),
      import("./visibility.ts"),
      import("../../output/done.ts"),
    ]);
    const { id, labels, revision, spec, name } = await getImage(session, ref);
    const { minMemory, minDisk } = flags;
    const now = spec?.requirements;
    const needs = {
      minMemoryMib: minMemory === undefined ? (now?.minMemoryMib ?? 0n) : parseMib(minMemory),
      minDiskGib: minDisk === undefined ? (now?.minDiskGib ?? 0n) : parseGib(minDisk),
    };
    const { fields, updateMask } = changedFields({
      name: flags.name,
      description: flags.description,
      labels: flags.label ? applyLabelChanges(labels, parseLabelChanges(flags.label)) : undefined,
      "spec.defaultUser": flags.defaultUser,
      "spec.visibility": flags.visibility === undefined ? undefined : parseVisibility(flags.visibility),
      "spec.requirements": minMemory === undefined && minDisk === undefined ? undefined : needs,
    });
    const answer = await session.images.updateImage({
      id,
      ...(fields.name !== undefined && { name: fields.name }),
      ...(fields.description !== undefined && { description: fields.description }),
      ...(fields.labels && { labels: fields.labels }),
      spec: {
        ...(fields["spec.defaultUser"] !== undefined && { defaultUser: fields["spec.defaultUser"] }),
        ...(fields["spec.visibility"] !== undefined && { visibility: fields["spec.visibility"] }),
        ...(fields["spec.requirements"] && { requirements: fields["spec.requirements"] }),
      },
      updateMask,
      revision,
      ...mutation(flags),
    });
    const describe = () => `image ${answer.image?.name ?? name} is changed`;
    await printDone(cli, { schema: ImageTaskResponseSchema, answers: [answer], flags, describe });
  });
};
