import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { collectLabels, type Labels } from "../../values/labels.ts";
import { nameFromPath, parseChecksum } from "./source.ts";

interface ImportFlags extends MutationFlags {
  name?: string;
  checksum?: string;
  pool?: string;
  project?: string;
  defaultUser?: string;
  os?: string;
  arch?: string;
  label?: Labels;
  description?: string;
}

export const importImage: Verb = (command, cli) => {
  command
    .argument("<url>", "http or https address of a qcow2, raw or ISO file")
    .option("--name <name>", "name of the image (the file's unless told)")
    .option("--checksum <sum>", "SHA-256 or SHA-512 of the file; sha256: and sha512: may stand before it")
    .option("--pool <pool>", "the pool that keeps the master copy")
    .option("--project <project>", "whose it is (default unless told)")
    .option("--default-user <name>", "the user that its cloud-init makes by itself")
    .option("--os <name>", "distribution, as in debian-12")
    .option("--arch <name>", "architecture, as in x86_64")
    .option("-l, --label <key=value>", "a label; may be repeated", collectLabels)
    .option("--description <text>", "what it is");
  addMutationFlags(command).action(async (url: string, flags: ImportFlags) => {
    const session = await cli.connect();
    const [{ getPool }, { finishImages }, { osInfo }] = await Promise.all([
      import("../../rpc/resolve-pool.ts"),
      import("./finish-images.ts"),
      import("./source.ts"),
    ]);
    const [pool, project] = await Promise.all([
      flags.pool ? getPool(session, flags.pool) : undefined,
      flags.project ? session.projects.getProject({ id: flags.project }) : undefined,
    ]);
    const answer = await session.images.importImage({
      name: flags.name ?? nameFromPath(url),
      url,
      ...(flags.checksum ? parseChecksum(flags.checksum) : {}),
      projectId: project?.id ?? "",
      storagePoolId: pool?.id ?? "",
      defaultUser: flags.defaultUser ?? "",
      osInfo: osInfo(flags),
      labels: flags.label ?? {},
      description: flags.description ?? "",
      ...mutation(flags),
    });
    if (!flags.checksum) cli.warn("without --checksum nothing tells that the file is what its publisher made");
    await finishImages(cli, [answer], { session, flags, action: "import" });
  });
};
