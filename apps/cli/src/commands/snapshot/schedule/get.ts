import type { Verb } from "../../verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<schedule>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ SnapshotScheduleSchema }, { getSchedule, vmNamesOf }, { printMessage }, { describeSchedule }] =
      await Promise.all([
        import("@limiquantix/api"),
        import("../../../rpc/resolve-schedule.ts"),
        import("../../../output/print.ts"),
        import("./view.ts"),
      ]);
    const schedule = await getSchedule(session, ref);
    const { cron = "", timeZone = "", vmIds = [], isEnabled = false } = schedule.spec ?? {};
    const [names, { instants }] = await Promise.all([
      vmNamesOf(session, vmIds),
      isEnabled ? session.schedules.previewSnapshotSchedule({ cron, timeZone }) : { instants: [] },
    ]);
    await printMessage(cli, SnapshotScheduleSchema, schedule, (it) => describeSchedule(it, { names, instants }));
  });
};
