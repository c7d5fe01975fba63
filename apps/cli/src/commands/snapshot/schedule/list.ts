import type { Verb } from "../../verb.ts";

interface ListFlags {
  project?: string;
  watch?: boolean;
}

export const list: Verb = (command, cli) => {
  command
    .option("--project <project>", "only those of this project")
    .option("--watch", "go on and show every change, until Ctrl-C")
    .action(async (flags: ListFlags) => {
      const session = await cli.connect();
      const [
        { SnapshotScheduleUpdateSchema },
        { getPlace },
        { readSchedules },
        { printList },
        { watchList },
        { scheduleListView },
      ] = await Promise.all([
        import("@limiquantix/api"),
        import("../../../rpc/resolve-folder.ts"),
        import("../../../rpc/resolve-schedule.ts"),
        import("../../../output/print.ts"),
        import("../../../output/watch-list.ts"),
        import("./view.ts"),
      ]);
      const { projectId } = await getPlace(session, { project: flags.project });
      const view = scheduleListView(cli.terminal.paint);
      if (flags.watch) {
        return watchList(cli, {
          view,
          wanted: () => true,
          updates: SnapshotScheduleUpdateSchema,
          open: (signal) => session.schedules.watchSnapshotSchedules({ projectId }, { signal }),
          row: ({ schedule }) => schedule,
        });
      }
      await printList(cli, view, await readSchedules(session, projectId));
    });
};
