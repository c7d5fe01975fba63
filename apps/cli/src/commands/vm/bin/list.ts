import type { Verb } from "../../verb.ts";

export const list: Verb = (command, cli) => {
  command.option("--project <project>", "only those of this project").action(async (flags: { project?: string }) => {
    const session = await cli.connect();
    const [{ getPlace }, { readRecycledVms }, { printList }, { recycledListView }] = await Promise.all([
      import("../../../rpc/resolve-folder.ts"),
      import("../../../rpc/resolve-storage.ts"),
      import("../../../output/print.ts"),
      import("./view.ts"),
    ]);
    const { projectId } = await getPlace(session, { project: flags.project });
    await printList(cli, recycledListView(), await readRecycledVms(session, projectId));
  });
};
