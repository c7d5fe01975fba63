import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface DeleteFlags extends MutationFlags {
  force?: boolean;
  moveVmsTo?: string;
  yes?: boolean;
}

export const deleteFolder: Verb = (command, cli) => {
  command
    .argument("<folder>", "name, path or id")
    .option("-f, --force", "also if it is not empty: what is in it moves to its parent")
    .option("--move-vms-to <folder>", "with --force: there instead")
    .option("-y, --yes", "do not ask");
  addChangeFlags(command).action(async (ref: string, flags: DeleteFlags) => {
    const session = await cli.connect();
    const [{ DeleteFolderResponseSchema }, { getFolder }, { confirmed }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-folder.ts"),
      import("../../terminal/confirm.ts"),
      import("../../output/done.ts"),
    ]);
    const { id, name, projectId } = await getFolder(session, ref);
    const target = flags.moveVmsTo ? await getFolder(session, flags.moveVmsTo, projectId) : undefined;
    if (!(await confirmed(cli, flags, `Delete folder ${name}?`))) return;
    const answer = await session.folders.deleteFolder({
      id,
      force: flags.force ?? false,
      moveVmsTo: target?.id ?? "",
      ...mutation(flags),
    });
    const describe = () => `folder ${name} is deleted`;
    await printDone(cli, { schema: DeleteFolderResponseSchema, answers: [answer], flags, describe });
  });
};
