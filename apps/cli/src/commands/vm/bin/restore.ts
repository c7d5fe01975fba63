import type { Verb } from "../../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../../tasks/flags.ts";

export const restore: Verb = (command, cli) => {
  addMutationFlags(command.argument("<recycled-vm...>", "names or ids: see `lqx vm bin list`")).action(
    async (refs: string[], flags: MutationFlags) => {
      const session = await cli.connect();
      const [{ getRecycledVm }, { finishVms }] = await Promise.all([
        import("../../../rpc/resolve-storage.ts"),
        import("../finish-vms.ts"),
      ]);
      const vms = await Promise.all(refs.map((ref) => getRecycledVm(session, ref)));
      const answers = await Promise.all(vms.map(({ id }) => session.vms.restoreVM({ id, ...mutation(flags) })));
      await finishVms(cli, answers, { session, flags, action: "restore" });
    },
  );
};
