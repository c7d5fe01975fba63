import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import type { Message } from "@bufbuild/protobuf";
import type { Session } from "../rpc/session.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../tasks/flags.ts";
import { applyLabelChanges, collect, parseLabelChanges } from "../values/labels.ts";
import type { Verb } from "./verb.ts";

type Labels = Record<string, string>;

/** What has a name, a description and labels. */
type Labelled = Message & { id: string; name: string; labels: Labels; revision: bigint };

interface Change {
  id: string;
  fields: { name?: string; description?: string; labels?: Labels };
  updateMask: { paths: string[] };
  revision: bigint;
}

export interface LabelledKind<Thing extends Labelled> {
  schema: () => Promise<GenMessage<Thing>>;
  get: (session: Session, ref: string) => Promise<Thing>;
  update: (session: Session, change: Change & ReturnType<typeof mutation>) => Promise<Thing>;
}

interface EditFlags extends MutationFlags {
  name?: string;
  description?: string;
  label?: string[];
}

/** The verb that renames, describes and labels. */
export function editLabelled<Thing extends Labelled>(kind: string, { schema, get, update }: LabelledKind<Thing>): Verb {
  return (command, cli) => {
    command
      .argument(`<${kind}>`, "name or id")
      .option("--name <name>", "a new name")
      .option("--description <text>", "what it is for")
      .option("-l, --label <change>", "key=value sets a label, key- removes it; may be repeated", collect);
    addChangeFlags(command).action(async (ref: string, flags: EditFlags) => {
      const session = await cli.connect();
      const [{ changedFields }, { printDone }] = await Promise.all([
        import("../values/changed-fields.ts"),
        import("../output/done.ts"),
      ]);
      const { id, labels, revision } = await get(session, ref);
      const { fields, updateMask } = changedFields({
        name: flags.name,
        description: flags.description,
        labels: flags.label ? applyLabelChanges(labels, parseLabelChanges(flags.label)) : undefined,
      });
      const answer = await update(session, { id, fields, updateMask, revision, ...mutation(flags) });
      const describe = () => `${kind} ${answer.name} is changed`;
      await printDone(cli, { schema: await schema(), answers: [answer], flags, describe });
    });
  };
}
