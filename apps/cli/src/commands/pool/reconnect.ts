import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

export const reconnect: Verb = (command, cli) => {
  addMutationFlags(command.argument("<pool...>", "names or ids")).action(
    async (refs: string[], flags: MutationFlags) => {
      const session = await cli.connect();
      const [{ getPool }, { finishPools }] = await Promise.all([
        import("../../rpc/resolve-pool.ts"),
        import("./finish-pools.ts"),
      ]);
      const pools = await Promise.all(refs.map((ref) => getPool(session, ref)));
      const answers = await Promise.all(pools.map(({ id }) => session.pools.reconnectPool({ id, ...mutation(flags) })));
      await finishPools(cli, answers, { session, flags, action: "reconnect" });
    },
  );
};
