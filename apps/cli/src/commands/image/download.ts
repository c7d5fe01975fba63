import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface DownloadFlags extends MutationFlags {
  name?: string;
  pool?: string;
  project?: string;
}

export const download: Verb = (command, cli) => {
  command
    .argument("<catalog-id>", "as `lqx image catalog` shows it")
    .option("--name <name>", "name of the image (the catalogue's unless told)")
    .option("--pool <pool>", "the pool that keeps the master copy")
    .option("--project <project>", "whose it is (default unless told)");
  addMutationFlags(command).action(async (catalogId: string, flags: DownloadFlags) => {
    const session = await cli.connect();
    const [{ getPool }, { finishImages }] = await Promise.all([
      import("../../rpc/resolve-pool.ts"),
      import("./finish-images.ts"),
    ]);
    const [pool, project] = await Promise.all([
      flags.pool ? getPool(session, flags.pool) : undefined,
      flags.project ? session.projects.getProject({ id: flags.project }) : undefined,
    ]);
    const answer = await session.images.downloadImage({
      catalogId,
      name: flags.name ?? "",
      projectId: project?.id ?? "",
      storagePoolId: pool?.id ?? "",
      ...mutation(flags),
    });
    await finishImages(cli, [answer], { session, flags, action: "download" });
  });
};
