import type { Verb } from "../../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../../tasks/flags.ts";

interface PurgeFlags extends MutationFlags {
  yes?: boolean;
}

export const purge: Verb = (command, cli) => {
  command.argument("<recycled-vm...>", "names or ids: see `lqx vm bin list`").option("-y, --yes", "do not ask");
  addChangeFlags(command).action(async (refs: string[], flags: PurgeFlags) => {
    const session = await cli.connect();
    const [{ PurgeVMResponseSchema }, { getRecycledVm }, { confirmed }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../../rpc/resolve-storage.ts"),
      import("../../../terminal/confirm.ts"),
      import("../../../output/done.ts"),
    ]);
    const vms = await Promise.all(refs.map((ref) => getRecycledVm(session, ref)));
    const names = vms.map(({ name }) => name).join(", ");
    if (!(await confirmed(cli, flags, `Delete ${names} with all disks, for good?`))) return;
    const answers = await Promise.all(vms.map(({ id }) => session.vms.purgeVM({ id, ...mutation(flags) })));
    const describe = (_: unknown, at: number) => `${vms[at]?.name ?? ""} is deleted for good`;
    await printDone(cli, { schema: PurgeVMResponseSchema, answers, flags, describe });
  });
};
