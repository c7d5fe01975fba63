import type { Verb } from "../verb.ts";

interface ListFlags {
  project?: string;
  parent?: string;
  watch?: boolean;
}

export const list: Verb = (command, cli) => {
  command
    .option("--project <project>", "only those of this project")
    .option("--parent <folder>", "only those right in this one")
    .option("--watch", "go on and show every change, until Ctrl-C")
    .action(async (flags: ListFlags) => {
      const session = await cli.connect();
      const [{ FolderUpdateSchema }, folders, { printList }, { watchList }, { folderListView }] = await Promise.all([
        import("@limiquantix/api"),
        import("../../rpc/resolve-folder.ts"),
        import("../../output/print.ts"),
        import("../../output/watch-list.ts"),
        import("./view.ts"),
      ]);
      const { projectId, folderId } = await folders.getPlace(session, { project: flags.project, folder: flags.parent });
      const [all, projectName] = await Promise.all([folders.readFolders(session), folders.readProjectNames(session)]);
      const view = folderListView(folders.folderPaths(all, projectName));
      if (flags.watch) {
        return watchList(cli, {
          view,
          updates: FolderUpdateSchema,
          open: (signal) => session.folders.watchFolders({ projectId }, { signal }),
          row: ({ folder }) => folder,
          wanted: (folder) => folderId === "" || folder.parentId === folderId,
        });
      }
      const found = await folders.readFolders(session, projectId, folderId);
      const path = folders.folderPaths(all, projectName);
      await printList(
        cli,
        view,
        found.toSorted((a, b) => (path(a.id) < path(b.id) ? -1 : 1)),
      );
    });
};
