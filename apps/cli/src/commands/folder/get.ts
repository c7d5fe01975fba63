import type { Verb } from "../verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<folder>", "name, path or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ FolderSchema }, folders, { printMessage }, { describeFolder }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-folder.ts"),
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    const [folder, all, projectName] = await Promise.all([
      folders.getFolder(session, ref),
      folders.readFolders(session),
      folders.readProjectNames(session),
    ]);
    const path = folders.folderPaths(all, projectName);
    await printMessage(cli, FolderSchema, folder, (it) => describeFolder(it, path));
  });
};
