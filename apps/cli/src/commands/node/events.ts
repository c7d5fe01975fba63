import type { Verb } from "../verb.ts";
import { parseCount } from "../../values/count.ts";

interface EventsFlags {
  limit?: number;
  since?: string;
}

export const events: Verb = (command, cli) => {
  command
    .argument("<node>", "host name or id")
    .option("--limit <count>", "the newest so many (50 unless told)", parseCount)
    .option("--since <time>", "only after this: 30m, 2h, or a date")
    .action(async (ref: string, flags: EventsFlags) => {
      const session = await cli.connect();
      const [{ getNode }, { printList }, { eventListView }, { parseSince }] = await Promise.all([
        import("../../rpc/resolve.ts"),
        import("../../output/print.ts"),
        import("../../output/event-view.ts"),
        import("../../values/since.ts"),
      ]);
      const node = await getNode(session, ref);
      const since = flags.since ? { since: parseSince(flags.since) } : {};
      const answer = await session.nodes.listNodeEvents({ id: node.id, limit: flags.limit ?? 0, ...since });
      await printList(cli, eventListView(cli.terminal.paint), answer.events);
    });
};
