import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { addKeepFlags, isForGood, keepFor, type KeepFlags } from "../../values/keep-for.ts";

interface DeleteFlags extends MutationFlags, KeepFlags {
  yes?: boolean;
}

export const deleteVolume: Verb = (command, cli) => {
  addKeepFlags(command.argument("<volume...>", "names or ids; with --now also of those in the recycle bin")).option(
    "-y, --yes",
    "do not ask",
  );
  addMutationFlags(command).action(async (refs: string[], flags: DeleteFlags) => {
    const kept = keepFor(flags);
    const forGood = isForGood(flags);
    const session = await cli.connect();
    const [{ getVolume, getVolumeAnywhere }, { confirmed }, { finishVolumes }] = await Promise.all([
      import("../../rpc/resolve-storage.ts"),
      import("../../terminal/confirm.ts"),
      import("./finish-volumes.ts"),
    ]);
    const find = forGood ? getVolumeAnywhere : getVolume;
    const volumes = await Promise.all(refs.map((ref) => find(session, ref)));
    const names = volumes.map(({ name }) => name).join(", ");
    const what = forGood ? `Delete ${names} with all data, for good?` : `Put ${names} into the recycle bin?`;
    if (!(await confirmed(cli, flags, what))) return;
    const answers = await Promise.all(
      volumes.map(({ id }) => session.volumes.deleteVolume({ id, ...kept, ...mutation(flags) })),
    );
    await finishVolumes(cli, answers, { session, flags, action: "delete", gone: true });
  });
};
