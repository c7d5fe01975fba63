import type { Verb } from "../verb.ts";
import { collectLabels, type Labels } from "../../values/labels.ts";

interface ListFlags {
  label?: Labels;
  watch?: boolean;
}

export const list: Verb = (command, cli) => {
  command
    .option("-l, --label <key=value>", "only those with this label; may be repeated", collectLabels)
    .option("--watch", "go on and show every change, until Ctrl-C")
    .action(async (flags: ListFlags) => {
      const session = await cli.connect();
      const [{ ProjectUpdateSchema }, { allPages, pageSize }, { printList }, { watchList }, { projectListView }] =
        await Promise.all([
          import("@limiquantix/api"),
          import("../../rpc/pages.ts"),
          import("../../output/print.ts"),
          import("../../output/watch-list.ts"),
          import("./view.ts"),
        ]);
      if (flags.watch) {
        return watchList(cli, {
          view: projectListView(),
          updates: ProjectUpdateSchema,
          open: (signal) => session.projects.watchProjects({}, { signal }),
          row: ({ project }) => project,
          wanted: ({ labels }) => Object.entries(flags.label ?? {}).every(([key, value]) => labels[key] === value),
        });
      }
      const projects = await allPages(async (pageToken) => {
        const page = await session.projects.listProjects({ labels: flags.label ?? {}, pageSize, pageToken });
        return { items: page.projects, nextPageToken: page.nextPageToken };
      });
      await printList(cli, projectListView(), projects);
    });
};
