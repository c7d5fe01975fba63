import type { Verb } from "../verb.ts";
import { addMutationFlags } from "../../tasks/flags.ts";
import { parseCount } from "../../values/count.ts";
import { collect, collectLabels } from "../../values/labels.ts";
import { parseGib, parseMib } from "../../values/size.ts";
import type { CreateFlags } from "./create-request.ts";

export const create: Verb = (command, cli) => {
  command
    .argument("<name>", "name of the new VM")
    .option("-i, --image <image>", "the image that the first disk begins with")
    .option("--iso <image>", "an ISO in a CD drive; may be repeated", collect)
    .option("--cpu <count>", "virtual CPUs", parseCount, 2)
    .addOption(command.createOption("--memory <size>", "memory").argParser(parseMib).default(2048n, "2GiB"))
    .option(
      "--disk <size>",
      "size of the first disk (10GiB unless told, or the image's if that is more); repeat it for further, empty disks",
      (text, before: bigint[] | undefined) => [...(before ?? []), parseGib(text)],
    )
    .option("--pool <pool>", "the storage pool of the disks")
    .option(
      "--network <network>",
      "a network interface on this network; may be repeated (the default network unless told)",
      collect,
    )
    .option("--no-network", "an interface whose cable is pulled")
    .option("--user <name>", "the user that cloud-init makes (the image's default unless told)")
    .option("--password-stdin", "read that user's password from standard input")
    .option("--password-prompt", "ask for that user's password, twice")
    .option(
      "--ssh-key <file>",
      "public key file, or the key itself; may be repeated (~/.ssh/id_*.pub unless told, or one that is made)",
      collect,
    )
    .option("--no-ssh-key", "no key")
    .option("--hostname <name>", "the guest's host name (the VM's name unless told)")
    .option("--user-data <file>", "own cloud-init user-data (#cloud-config), merged over the rest")
    .option("--network-config <file>", "own cloud-init network-config (version 2)")
    .addOption(command.createOption("--firmware <type>", "firmware").choices(["bios", "uefi", "uefi-secure-boot"]))
    .option("-l, --label <key=value>", "a label; may be repeated", collectLabels)
    .option("--description <text>", "what it is for")
    .option("--project <project>", "whose it is (default unless told)")
    .option("--folder <folder>", "the folder that it is in: a name, or a path as in web/databases")
    .option("--node <node>", "on this host and no other")
    .option("--no-start", "leave it stopped")
    .option("--auto-start", "start it whenever its host starts");
  addMutationFlags(command).action(async (name: string, flags: CreateFlags) => {
    const { createVm } = await import("./create-vm.ts");
    await createVm(cli, name, flags);
  });
};
