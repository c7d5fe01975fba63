import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface DeleteFlags extends MutationFlags {
  yes?: boolean;
}

export const deleteCluster: Verb = (command, cli) => {
  command.argument("<cluster...>", "names or ids").option("-y, --yes", "do not ask");
  addChangeFlags(command).action(async (refs: string[], flags: DeleteFlags) => {
    const session = await cli.connect();
    const [{ DeleteClusterResponseSchema }, { getCluster }, { confirmed }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-identities.ts"),
      import("../../terminal/confirm.ts"),
      import("../../output/done.ts"),
    ]);
    const clusters = await Promise.all(refs.map((ref) => getCluster(session, ref)));
    const names = clusters.map((cluster) => cluster.name).join(", ");
    if (!(await confirmed(cli, flags, `Delete ${names}?`))) return;
    const answers = await Promise.all(
      clusters.map(({ id }) => session.clusters.deleteCluster({ id, ...mutation(flags) })),
    );
    const schema = DeleteClusterResponseSchema;
    await printDone(cli, { schema, answers, flags, describe: (_, at) => `cluster ${clusters[at]?.name} is deleted` });
  });
};
