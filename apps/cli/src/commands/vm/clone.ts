import type { Verb } from "../verb.ts";
import { addMutationFlags } from "../../tasks/flags.ts";
import { collect } from "../../values/labels.ts";
import type { CloneFlags } from "./clone-vm.ts";

export const clone: Verb = (command, cli) => {
  command
    .argument("<vm>", "name or id of the VM to clone; it has to be off")
    .argument("<name>", "name of the new VM")
    .option("--start", "start the new VM", false)
    .option("--project <project>", "whose it is (the source's unless told)")
    .option("--folder <folder>", "the folder that it is in: a name, or a path as in web/databases")
    .option("--description <text>", "what it is for (the source's unless told)")
    .option("--hostname <name>", "the guest's host name (the VM's name unless told)")
    .option("--user <name>", "the user that cloud-init makes, or gives the following to")
    .option("--password-stdin", "read that user's password from standard input")
    .option("--password-prompt", "ask for that user's password, twice")
    .option(
      "--ssh-key <file>",
      "public key file, or the key itself; may be repeated (the source's unless told)",
      collect,
    );
  addMutationFlags(command).action(async (ref: string, name: string, flags: CloneFlags) => {
    const { cloneVm } = await import("./clone-vm.ts");
    await cloneVm(cli, { ref, name, flags });
  });
};
