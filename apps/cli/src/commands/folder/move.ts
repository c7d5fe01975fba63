import type { Verb } from "../verb.ts";
import { addChangeFlags, type MutationFlags } from "../../tasks/flags.ts";

export const move: Verb = (command, cli) => {
  command
    .argument("<folder>", "name, path or id")
    .argument("[parent]", "the folder that it goes into; without one, right below its project");
  addChangeFlags(command).action(async (ref: string, parent: string | undefined, flags: MutationFlags) => {
    const [{ updateFolder }, { getFolder }] = await Promise.all([
      import("./update.ts"),
      import("../../rpc/resolve-folder.ts"),
    ]);
    await updateFolder(cli, {
      ref,
      flags,
      change: async ({ projectId }, session) => ({
        parentId: parent === undefined ? "" : (await getFolder(session, parent, projectId)).id,
      }),
      done: ({ name }) =>
        parent === undefined ? `folder ${name} is right below its project` : `folder ${name} is in ${parent}`,
    });
  });
};
