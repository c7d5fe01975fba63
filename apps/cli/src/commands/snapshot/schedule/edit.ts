import type { Verb } from "../../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../../tasks/flags.ts";
import { UsageError } from "../../../usage-error.ts";
import { applyLabelChanges, collect, parseLabelChanges } from "../../../values/labels.ts";
import { addSpecFlags, specFrom, type SpecFlags } from "./flags.ts";

interface EditFlags extends MutationFlags, SpecFlags {
  name?: string;
  description?: string;
  label?: string[];
  enable?: boolean;
  disable?: boolean;
}

export const edit: Verb = (command, cli) => {
  command
    .argument("<schedule>", "name or id")
    .option("--cron <pattern>", "when: minute, hour, day, month, weekday")
    .option("--enable", "switch it on: it runs from its next time on")
    .option("--disable", "switch it off")
    .option("--name <name>", "a new name")
    .option("--description <text>", "what it is for")
    .option("-l, --label <change>", "key=value sets a label, key- removes it; may be repeated", collect);
  addSpecFlags(command).option("--no-memory", "without memory").option("--no-quiesce", "do not ask the guests' agents");
  addChangeFlags(command.option("--no-all", "no longer all VMs")).action(async (ref: string, flags: EditFlags) => {
    if (flags.enable && flags.disable) throw new UsageError("it cannot be both on and off");
    const session = await cli.connect();
    const [
      { SnapshotScheduleSchema },
      { getSchedule, getVms },
      { changedFields, given },
      { printDone },
      { nextRunOf },
    ] = await Promise.all([
      import("@limiquantix/api"),
      import("../../../rpc/resolve-schedule.ts"),
      import("../../../values/changed-fields.ts"),
      import("../../../output/done.ts"),
      import("./view.ts"),
    ]);
    const { id, labels } = await getSchedule(session, ref);
    const isEnabled = flags.enable ? true : flags.disable ? false : undefined;
    const spec = { ...specFrom(flags, await getVms(session, flags.vm)), isEnabled };
    const own = {
      name: flags.name,
      description: flags.description,
      labels: flags.label ? applyLabelChanges(labels, parseLabelChanges(flags.label)) : undefined,
    };
    const specPaths = Object.keys(spec).map((key) => [`spec.${key}`, spec[key as keyof typeof spec]]);
    const { updateMask } = changedFields({ ...own, ...Object.fromEntries(specPaths) });
    const answer = await session.schedules.updateSnapshotSchedule({
      id,
      ...given(own),
      spec: given(spec),
      updateMask,
      ...mutation(flags),
    });
    const describe = () => `snapshot schedule ${answer.name} is changed; ${nextRunOf(answer)}`;
    await printDone(cli, { schema: SnapshotScheduleSchema, answers: [answer], flags, describe });
  });
};
