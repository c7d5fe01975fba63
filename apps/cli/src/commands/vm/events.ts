import type { Verb } from "../verb.ts";
import { parseCount } from "../../values/count.ts";

interface EventsFlags {
  limit?: number;
  since?: string;
  type?: string;
}

export const events: Verb = (command, cli) => {
  command
    .argument("<vm>", "name or id")
    .option("--limit <count>", "the newest so many (50 unless told)", parseCount)
    .option("--since <time>", "only after this: 30m, 2h, or a date")
    .option("--type <type>", "only of this type: power, config, disk, …")
    .action(async (ref: string, flags: EventsFlags) => {
      const session = await cli.connect();
      const [{ getVm }, { printList }, { eventListView }, { parseSince }] = await Promise.all([
        import("../../rpc/resolve.ts"),
        import("../../output/print.ts"),
        import("../../output/event-view.ts"),
        import("../../values/since.ts"),
      ]);
      const vm = await getVm(session, ref);
      const answer = await session.vms.listVMEvents({
        vmId: vm.id,
        limit: flags.limit ?? 0,
        type: flags.type ?? "",
        ...(flags.since ? { since: parseSince(flags.since) } : {}),
      });
      await printList(cli, eventListView(cli.terminal.paint), answer.events);
    });
};
