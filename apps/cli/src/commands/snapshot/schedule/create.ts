import type { Verb } from "../../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../../tasks/flags.ts";
import { collectLabels, type Labels } from "../../../values/labels.ts";
import { addSpecFlags, requireVms, specFrom, type SpecFlags } from "./flags.ts";

interface CreateFlags extends MutationFlags, SpecFlags {
  project?: string;
  description?: string;
  label?: Labels;
  disabled?: boolean;
}

export const create: Verb = (command, cli) => {
  command
    .argument("<name>", "name of the new schedule; its snapshots are named after it")
    .requiredOption("--cron <pattern>", 'when: minute, hour, day, month, weekday; "0 2 * * *" is every night at two')
    .option("--project <project>", "whose VMs (default unless told)")
    .option("--disabled", "it does not run until it is switched on")
    .option("--description <text>", "what it is for")
    .option("-l, --label <key=value>", "a label of the schedule itself; may be repeated", collectLabels);
  addChangeFlags(addSpecFlags(command)).action(async (name: string, flags: CreateFlags) => {
    requireVms(flags);
    const session = await cli.connect();
    const [{ SnapshotScheduleSchema }, { getPlace }, { getVms }, { printDone }, { nextRunOf }, { given }] =
      await Promise.all([
        import("@limiquantix/api"),
        import("../../../rpc/resolve-folder.ts"),
        import("../../../rpc/resolve-schedule.ts"),
        import("../../../output/done.ts"),
        import("./view.ts"),
        import("../../../values/changed-fields.ts"),
      ]);
    const { projectId } = await getPlace(session, { project: flags.project });
    const vmIds = await getVms(session, flags.vm);
    const answer = await session.schedules.createSnapshotSchedule({
      name,
      projectId,
      description: flags.description ?? "",
      labels: flags.label ?? {},
      spec: { ...given(specFrom(flags, vmIds)), isEnabled: !flags.disabled },
      ...mutation(flags),
    });
    const describe = () => `snapshot schedule ${name} is made; ${nextRunOf(answer)}`;
    await printDone(cli, { schema: SnapshotScheduleSchema, answers: [answer], flags, describe });
  });
};
