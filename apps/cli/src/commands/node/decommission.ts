import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface DecommissionFlags extends MutationFlags {
  force?: boolean;
  yes?: boolean;
}

export const decommission: Verb = (command, cli) => {
  command
    .argument("<node>", "host name or id")
    .option("-f, --force", "also with VMs on it: they are LOST to the control plane")
    .option("-y, --yes", "do not ask");
  addChangeFlags(command).action(async (ref: string, flags: DecommissionFlags) => {
    const session = await cli.connect();
    const [{ DecommissionNodeResponseSchema: schema }, { getNode }, { confirmed }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve.ts"),
      import("../../terminal/confirm.ts"),
      import("../../output/done.ts"),
    ]);
    const { id, hostname } = await getNode(session, ref);
    if (!(await confirmed(cli, flags, `Remove host ${hostname}? It is locked out at once.`))) return;
    const answer = await session.nodes.decommissionNode({ id, force: flags.force ?? false, ...mutation(flags) });
    await printDone(cli, { schema, answers: [answer], flags, describe: () => `host ${hostname} is removed` });
  });
};
