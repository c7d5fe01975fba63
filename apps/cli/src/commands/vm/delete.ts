import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface DeleteFlags extends MutationFlags {
  force?: boolean;
  keepOnHost?: boolean;
  yes?: boolean;
}

export const deleteVm: Verb = (command, cli) => {
  command
    .argument("<vm...>", "names or ids")
    .option("-f, --force", "also while it runs, and even if its host cannot be reached")
    .option("--keep-on-host", "forget it here; leave the domain and its disks on the host")
    .option("-y, --yes", "do not ask");
  addMutationFlags(command).action(async (refs: string[], flags: DeleteFlags) => {
    const session = await cli.connect();
    const [{ getVm }, { finishVms }] = await Promise.all([import("../../rpc/resolve.ts"), import("./finish-vms.ts")]);
    const vms = await Promise.all(refs.map((ref) => getVm(session, ref)));
    if (!flags.yes && !flags.dryRun) {
      const { askConfirm } = await import("../../terminal/prompt.ts");
      const names = vms.map((vm) => vm.name).join(", ");
      const what = flags.keepOnHost
        ? `Forget ${names}, leaving the disks on the host?`
        : `Delete ${names} with all disks?`;
      if (!(await askConfirm(cli.terminal, what))) return cli.note("nothing was deleted");
    }
    const answers = await Promise.all(
      vms.map((vm) =>
        session.vms.deleteVM({
          id: vm.id,
          force: flags.force ?? false,
          removeFromInventoryOnly: flags.keepOnHost ?? false,
          ...mutation(flags),
        }),
      ),
    );
    await finishVms(cli, answers, { session, flags, action: "delete", gone: true });
  });
};
