import type { Verb } from "../verb.ts";
import { collectLabels, type Labels } from "../../values/labels.ts";

interface ListFlags {
  label?: Labels;
}

export const list: Verb = (command, cli) => {
  command
    .argument("[name]", "only the image with this name")
    .option("-l, --label <key=value>", "only those with this label; may be repeated", collectLabels)
    .action(async (name: string | undefined, flags: ListFlags) => {
      const session = await cli.connect();
      const [{ allPages, pageSize }, { printList }, { imageListView }] = await Promise.all([
        import("../../rpc/pages.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
      const images = await allPages(async (pageToken) => {
        const page = await session.images.listImages({
          name: name ?? "",
          labels: flags.label ?? {},
          pageSize,
          pageToken,
        });
        return { items: page.images, nextPageToken: page.nextPageToken };
      });
      await printList(cli, imageListView(cli.terminal.paint), images);
    });
};
