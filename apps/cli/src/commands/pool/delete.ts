import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface DeleteFlags extends MutationFlags {
  yes?: boolean;
}

export const deletePool: Verb = (command, cli) => {
  command.argument("<pool...>", "names or ids").option("-y, --yes", "do not ask");
  addMutationFlags(command).action(async (refs: string[], flags: DeleteFlags) => {
    const session = await cli.connect();
    const [{ getPool }, { confirmed }, { finishPools }] = await Promise.all([
      import("../../rpc/resolve-pool.ts"),
      import("../../terminal/confirm.ts"),
      import("./finish-pools.ts"),
    ]);
    const pools = await Promise.all(refs.map((ref) => getPool(session, ref)));
    const names = pools.map(({ name }) => name).join(", ");
    if (!(await confirmed(cli, flags, `Forget ${names}, leaving what lies there as it is?`))) return;
    const answers = await Promise.all(pools.map(({ id }) => session.pools.deletePool({ id, ...mutation(flags) })));
    await finishPools(cli, answers, { session, flags, action: "delete", gone: true });
  });
};
