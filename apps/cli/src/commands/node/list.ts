import type { Verb } from "../verb.ts";
import { collectLabels, type Labels } from "../../values/labels.ts";

interface ListFlags {
  label?: Labels;
}

export const list: Verb = (command, cli) => {
  command
    .option("-l, --label <key=value>", "only those with this label; may be repeated", collectLabels)
    .action(async (flags: ListFlags) => {
      const session = await cli.connect();
      const [{ allPages, pageSize }, { printList }, { nodeListView }] = await Promise.all([
        import("../../rpc/pages.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
      const nodes = await allPages(async (pageToken) => {
        const page = await session.nodes.listNodes({ labels: flags.label ?? {}, pageSize, pageToken });
        return { items: page.nodes, nextPageToken: page.nextPageToken };
      });
      await printList(cli, nodeListView(cli.terminal.paint), nodes);
    });
};
