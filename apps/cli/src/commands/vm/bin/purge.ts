import type { Verb } from "../../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../../tasks/flags.ts";

interface PurgeFlags extends MutationFlags {
  yes?: boolean;
}

export const purge: Verb = (command, cli) => {
  command.argument("<recycled-vm...>", "names or ids: see `lqx vm bin list`").option("-y, --yes", "do not ask");
  addMutationFlags(command).action(async (refs: string[], flags: PurgeFlags) => {
    const session = await cli.connect();
    const [{ PurgeVMResponseSchema }, { getRecycledVm }, { confirmed }, { finishResource }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../../rpc/resolve-storage.ts"),
      import("../../../terminal/confirm.ts"),
      import("../../../tasks/finish-resource.ts"),
    ]);
    const vms = await Promise.all(refs.map((ref) => getRecycledVm(session, ref)));
    const all = vms.map(({ name }) => name).join(", ");
    if (!(await confirmed(cli, flags, `Delete ${all} with all disks, for good?`))) return;
    const answers = await Promise.all(vms.map(({ id }) => session.vms.purgeVM({ id, ...mutation(flags) })));
    const names = new Map(answers.map((answer, at) => [answer, vms[at]?.name ?? ""]));
    await finishResource(cli, answers, {
      session,
      flags,
      action: "purge",
      schema: PurgeVMResponseSchema,
      nameOf: (answer) => names.get(answer) ?? "",
      outcome: () => "is deleted for good",
    });
  });
};
