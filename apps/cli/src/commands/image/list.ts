import type { Verb } from "../verb.ts";
import { collectLabels, type Labels } from "../../values/labels.ts";

interface ListFlags {
  label?: Labels;
  project?: string;
}

export const list: Verb = (command, cli) => {
  command
    .argument("[name]", "only the image with this name")
    .option("-l, --label <key=value>", "only those with this label; may be repeated", collectLabels)
    .option("--project <project>", "only those of this project")
    .action(async (name: string | undefined, flags: ListFlags) => {
      const session = await cli.connect();
      const [{ allPages, pageSize }, { printList }, { imageListView }] = await Promise.all([
        import("../../rpc/pages.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
      const project = flags.project ? await session.projects.getProject({ id: flags.project }) : undefined;
      const images = await allPages(async (pageToken) => {
        const page = await session.images.listImages({
          name: name ?? "",
          projectId: project?.id ?? "",
          labels: flags.label ?? {},
          pageSize,
          pageToken,
        });
        return { items: page.images, nextPageToken: page.nextPageToken };
      });
      await printList(cli, imageListView(cli.terminal.paint), images);
    });
};
