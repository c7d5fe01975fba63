import type { Verb } from "../verb.ts";
import { addCloneFlags, type CloneFlags } from "./clone-flags.ts";

export const clone: Verb = (command, cli) => {
  command
    .argument("<vm>", "name or id of the VM to clone; of one that runs, a snapshot is taken for it")
    .argument("<name>", "name of the new VM")
    .option("--linked", "disks that share the source's blocks, which then has to stay, instead of copies")
    .option("--full", "disks that need nothing of the source's (so it is unless told)")
    .option("--snapshot <snapshot>", "as the source was at this snapshot of it");
  addCloneFlags(command).action(async (ref: string, name: string, flags: CloneFlags & { full?: boolean }) => {
    const [{ cloneVm }, { UsageError }] = await Promise.all([import("./clone-vm.ts"), import("../../usage-error.ts")]);
    if (flags.full && flags.linked) throw new UsageError("a clone is full or linked", "Leave out one of the flags.");
    await cloneVm(cli, { ref, name, flags });
  });
};
