import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface RevertFlags extends MutationFlags {
  start?: boolean;
  yes?: boolean;
}

export const revert: Verb = (command, cli) => {
  command
    .argument("<vm>", "name or id; if it runs, its power is cut")
    .argument("<snapshot>", "name or id")
    .option("--start", "start it afterwards; one whose snapshot has memory runs on anyway")
    .option("-y, --yes", "do not ask");
  addMutationFlags(command).action(async (ref: string, name: string, flags: RevertFlags) => {
    const session = await cli.connect();
    const [{ getVm }, { getSnapshot }, { confirmed }, { finishVms }] = await Promise.all([
      import("../../rpc/resolve.ts"),
      import("../../rpc/resolve-storage.ts"),
      import("../../terminal/confirm.ts"),
      import("../vm/finish-vms.ts"),
    ]);
    const vm = await getVm(session, ref);
    const snapshot = await getSnapshot(session, vm, name);
    const lost = `Make ${vm.name} what it was at ${snapshot.name}? What it is now is lost unless another snapshot has it.`;
    if (!(await confirmed(cli, flags, lost))) return;
    const answer = await session.vms.revertToSnapshot({
      vmId: vm.id,
      snapshotId: snapshot.id,
      startAfterRevert: flags.start ?? false,
      ...mutation(flags),
    });
    await finishVms(cli, [answer], { session, flags, action: "revert" });
  });
};
