import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

export const restore: Verb = (command, cli) => {
  addMutationFlags(command.argument("<recycled-volume...>", "names or ids: see `lqx volume list --recycled`")).action(
    async (refs: string[], flags: MutationFlags) => {
      const session = await cli.connect();
      const [{ getRecycledVolume }, { finishVolumes }] = await Promise.all([
        import("../../rpc/resolve-storage.ts"),
        import("./finish-volumes.ts"),
      ]);
      const volumes = await Promise.all(refs.map((ref) => getRecycledVolume(session, ref)));
      const answers = await Promise.all(
        volumes.map(({ id }) => session.volumes.restoreVolume({ id, ...mutation(flags) })),
      );
      await finishVolumes(cli, answers, { session, flags, action: "restore", instant: true });
    },
  );
};
