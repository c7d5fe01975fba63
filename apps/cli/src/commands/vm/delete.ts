import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { addKeepFlags, isForGood, keepFor, type KeepFlags } from "../../values/keep-for.ts";

interface DeleteFlags extends MutationFlags, KeepFlags {
  keepVolumes?: boolean;
  force?: boolean;
  keepOnHost?: boolean;
  yes?: boolean;
}

export const deleteVm: Verb = (command, cli) => {
  command
    .argument("<vm...>", "names or ids")
    .option("-f, --force", "also while it runs, and even if its host cannot be reached")
    .option("--keep-on-host", "forget it here; leave the domain and its disks on the host")
    .option("--keep-volumes", "its disks stay, as volumes that no VM has")
    .option("-y, --yes", "do not ask");
  addKeepFlags(command);
  addMutationFlags(command).action(async (refs: string[], flags: DeleteFlags) => {
    const kept = keepFor(flags);
    const session = await cli.connect();
    const [{ getVm }, { finishVms }] = await Promise.all([import("../../rpc/resolve.ts"), import("./finish-vms.ts")]);
    const vms = await Promise.all(refs.map((ref) => getVm(session, ref)));
    if (!flags.yes && !flags.dryRun) {
      const { askConfirm } = await import("../../terminal/prompt.ts");
      const names = vms.map((vm) => vm.name).join(", ");
      if (!(await askConfirm(cli.terminal, question(names, flags)))) return cli.note("nothing was deleted");
    }
    const answers = await Promise.all(
      vms.map((vm) =>
        session.vms.deleteVM({
          id: vm.id,
          force: flags.force ?? false,
          deleteVolumes: !flags.keepVolumes,
          ...kept,
          removeFromInventoryOnly: flags.keepOnHost ?? false,
          ...mutation(flags),
        }),
      ),
    );
    await finishVms(cli, answers, { session, flags, action: "delete", gone: true });
  });
};

function question(names: string, flags: DeleteFlags): string {
  if (flags.keepOnHost) return `Forget ${names}, leaving the disks on the host?`;
  if (flags.keepVolumes) return `Delete ${names}, keeping the disks?`;
  return isForGood(flags) ? `Delete ${names} with all disks, for good?` : `Put ${names} into the recycle bin?`;
}
