import type { Verb } from "../verb.ts";
import { parseCount } from "../../values/count.ts";

interface ListFlags {
  limit: number;
  since?: string;
  type?: string;
  severity?: ("info" | "warning" | "error" | "critical")[];
}

export const list: Verb = (command, cli) => {
  command
    .option("--limit <count>", "the newest so many", parseCount, 50)
    .option("--since <time>", "only after this: 30m, 2h, or a date")
    .option("--type <type>", "only of this type: power, config, disk, …")
    .addOption(
      command.createOption("--severity <severity...>", "only these").choices(["info", "warning", "error", "critical"]),
    )
    .action(async (flags: ListFlags) => {
      const session = await cli.connect();
      const [{ Event_Severity }, { allPages, pageSize }, { printList }, { eventListView }, { parseSince }] =
        await Promise.all([
          import("@limiquantix/api"),
          import("../../rpc/pages.ts"),
          import("../../output/print.ts"),
          import("../../output/event-view.ts"),
          import("../../values/since.ts"),
        ]);
      const names = (flags.severity ?? []).map((name) => name.toUpperCase() as Uppercase<typeof name>);
      const request = {
        type: flags.type ?? "",
        severities: names.map((name) => Event_Severity[name]),
        pageSize: Math.min(pageSize, flags.limit),
        ...(flags.since ? { since: parseSince(flags.since) } : {}),
      };
      const events = await allPages(async (pageToken) => {
        const page = await session.events.listEvents({ ...request, pageToken });
        return { items: page.events, nextPageToken: page.nextPageToken };
      }, flags.limit);
      await printList(cli, eventListView(cli.terminal.paint), events);
    });
};
