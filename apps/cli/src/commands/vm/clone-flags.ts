import type { Command } from "commander";
import { addMutationFlags, type MutationFlags } from "../../tasks/flags.ts";
import { collect } from "../../values/labels.ts";

export interface CloneFlags extends MutationFlags {
  start: boolean;
  linked?: boolean;
  snapshot?: string;
  project?: string;
  folder?: string;
  description?: string;
  hostname?: string;
  user?: string;
  passwordStdin?: boolean;
  passwordPrompt?: boolean;
  sshKey?: string[];
}

/** How the new VM differs from the one that it is made of. */
export function addCloneFlags(command: Command): Command {
  command
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
  return addMutationFlags(command);
}
