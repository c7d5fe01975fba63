import type { Verb } from "../../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../../tasks/flags.ts";

export const run: Verb = (command, cli) => {
  command.argument("<schedule>", "name or id; also one that is switched off");
  addMutationFlags(command).action(async (ref: string, flags: MutationFlags) => {
    const session = await cli.connect();
    const [{ RunSnapshotScheduleResponseSchema }, { getSchedule }, { finishResource }, { outcomeOf }] =
      await Promise.all([
        import("@limiquantix/api"),
        import("../../../rpc/resolve-schedule.ts"),
        import("../../../tasks/finish-resource.ts"),
        import("./view.ts"),
      ]);
    const { id, name } = await getSchedule(session, ref);
    const answer = await session.schedules.runSnapshotSchedule({ id, ...mutation(flags) });
    await finishResource(cli, [answer], {
      session,
      flags,
      action: "run",
      schema: RunSnapshotScheduleResponseSchema,
      nameOf: () => `snapshot schedule ${name}`,
      outcome: ({ schedule }) => (schedule ? outcomeOf(schedule) : ""),
      reread: async (row) => void (row.schedule = await session.schedules.getSnapshotSchedule({ id })),
    });
  });
};
