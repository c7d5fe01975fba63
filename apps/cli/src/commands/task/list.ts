import type { Verb } from "../verb.ts";
import { parseCount } from "../../values/count.ts";

interface ListFlags {
  limit: number;
  open?: boolean;
  vm?: string;
}

export const list: Verb = (command, cli) => {
  command
    .option("--open", "only those that have not ended")
    .option("--vm <vm>", "only those of this VM")
    .option("--limit <count>", "the newest so many", parseCount, 50)
    .action(async (flags: ListFlags) => {
      const session = await cli.connect();
      const [{ Task_State }, { allPages, pageSize }, { getVm }, { printList }, { taskListView }] = await Promise.all([
        import("@limiquantix/api"),
        import("../../rpc/pages.ts"),
        import("../../rpc/resolve.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
      const targetId = flags.vm ? (await getVm(session, flags.vm)).id : "";
      const states = flags.open ? [Task_State.QUEUED, Task_State.RUNNING] : [];
      const tasks = await allPages(async (pageToken) => {
        const page = await session.tasks.listTasks({
          targetId,
          states,
          pageSize: Math.min(pageSize, flags.limit),
          pageToken,
        });
        return { items: page.tasks, nextPageToken: page.nextPageToken };
      }, flags.limit);
      await printList(cli, taskListView(cli.terminal.paint), tasks);
    });
};
