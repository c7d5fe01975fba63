import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { collectLabels, type Labels } from "../../values/labels.ts";

interface CreateFlags extends MutationFlags {
  project?: string;
  parent?: string;
  description?: string;
  label?: Labels;
}

export const create: Verb = (command, cli) => {
  command
    .argument("<name>", "name of the new folder")
    .option("--project <project>", "the project that it belongs to (default unless told)")
    .option("--parent <folder>", "the folder that it is in")
    .option("--description <text>", "what it is for")
    .option("-l, --label <key=value>", "a label; may be repeated", collectLabels);
  addChangeFlags(command).action(async (name: string, flags: CreateFlags) => {
    const session = await cli.connect();
    const [{ FolderSchema }, { getPlace }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-folder.ts"),
      import("../../output/done.ts"),
    ]);
    const place = await getPlace(session, { project: flags.project, folder: flags.parent });
    const answer = await session.folders.createFolder({
      name,
      // The parent says which project it is.
      parentId: place.folderId,
      projectId: place.folderId ? "" : place.projectId,
      description: flags.description ?? "",
      labels: flags.label ?? {},
      ...mutation(flags),
    });
    const describe = () => `folder ${name} is made`;
    await printDone(cli, { schema: FolderSchema, answers: [answer], flags, describe });
  });
};
