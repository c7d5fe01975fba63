import type { Verb } from "../verb.ts";
import { parseCount } from "../../values/count.ts";

interface TreeFlags {
  project?: string;
  depth?: number;
}

export const tree: Verb = (command, cli) => {
  command
    .argument("[folder]", "from this one on")
    .option("--project <project>", "of this project; without it and a folder, of all")
    .option("--depth <count>", "so many levels", parseCount)
    .action(async (ref: string | undefined, flags: TreeFlags) => {
      const session = await cli.connect();
      const [
        { toJson },
        { FolderTreeSchema },
        { getPlace, readProjects },
        { isMachine },
        { printData },
        { renderTree },
      ] = await Promise.all([
        import("@bufbuild/protobuf"),
        import("@limiquantix/api"),
        import("../../rpc/resolve-folder.ts"),
        import("../../output/format.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
      const { projectId, folderId } = await getPlace(session, { project: flags.project, folder: ref });
      const depth = flags.depth ?? 0;
      const projects =
        projectId === "" ? await readProjects(session) : [await session.projects.getProject({ id: projectId })];
      const trees = await Promise.all(
        projects.map(({ id }) => session.folders.getFolderTree({ rootId: folderId, projectId: id, depth })),
      );
      if (isMachine(cli.flags.output)) {
        return printData(
          cli,
          projects.map(({ name }, at) => ({
            project: name,
            tree: trees[at] ? toJson(FolderTreeSchema, trees[at]) : null,
          })),
        );
      }
      for (const [at, project] of projects.entries()) {
        const found = trees[at];
        if (found && (found.folder || found.children.length > 0))
          cli.print(cli.terminal.paint.bold(project.name), ...renderTree(found, 1));
      }
    });
};
