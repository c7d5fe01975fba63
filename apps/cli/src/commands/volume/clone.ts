import type { MutationFlags } from "../../tasks/flags.ts";
import type { Verb } from "../verb.ts";
import { volumeVerb } from "./volume-verb.ts";

interface CloneFlags extends MutationFlags {
  pool?: string;
  project?: string;
}

export const clone: Verb = (command, cli) => {
  command
    .argument("<volume>", "name or id; its VM must not run")
    .argument("<name>", "name of the copy")
    .option("--pool <pool>", "the pool of the copy (the source's unless told)")
    .option("--project <project>", "whose it is (the source's unless told)");
  volumeVerb<CloneFlags>(command, cli, {
    action: "clone",
    call: async ({ session, volume, words: [name = ""], flags, common }) => {
      const [{ getPool }, { getPlace }] = await Promise.all([
        import("../../rpc/resolve-pool.ts"),
        import("../../rpc/resolve-folder.ts"),
      ]);
      const [pool, { projectId }] = await Promise.all([
        flags.pool ? getPool(session, flags.pool) : undefined,
        getPlace(session, { project: flags.project }),
      ]);
      const storagePoolId = pool?.id ?? "";
      return session.volumes.cloneVolume({ sourceVolumeId: volume.id, name, projectId, storagePoolId, ...common });
    },
  });
};
