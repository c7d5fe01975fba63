import type { Verb } from "../verb.ts";
import { addCloneFlags, type CloneFlags } from "../vm/clone-flags.ts";

export const deploy: Verb = (command, cli) => {
  command
    .argument("<template>", "name or id")
    .argument("<name>", "name of the new VM")
    .option("--linked", "share the template's blocks, which then has to stay, instead of copying them");
  addCloneFlags(command).action(async (ref: string, name: string, flags: CloneFlags) => {
    const { cloneVm } = await import("../vm/clone-vm.ts");
    await cloneVm(cli, { ref, name, flags, fromTemplate: true });
  });
};
