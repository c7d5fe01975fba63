import type { Verb } from "../verb.ts";
import { addMutationFlags } from "../../tasks/flags.ts";
import { collectLabels } from "../../values/labels.ts";
import { parseGib } from "../../values/size.ts";
import type { CreateFlags } from "./create-volume.ts";

export const create: Verb = (command, cli) => {
  command
    .argument("<name>", "name of the new volume")
    .option("--size <size>", "size: 20G (that of what it is made from unless told)", parseGib)
    .option("--pool <pool>", "where it is kept (with --from: there unless told)")
    .option("--image <image>", "what it holds to begin with: an image")
    .option("--from <volume>", "or a copy of another volume, whose VM must not run")
    .option("--snapshot <snapshot>", "with --from: what that one held at a snapshot of its VM")
    .option("--linked", "with --snapshot: share its blocks instead of copying them")
    .option("--thick", "take all of its space at once")
    .option("--shared", "for several VMs at the same time, whose guests must agree on who writes what")
    .option("--project <project>", "whose it is (default unless told)")
    .option("-l, --label <key=value>", "a label; may be repeated", collectLabels)
    .option("--description <text>", "what it is for");
  addMutationFlags(command).action(async (name: string, flags: CreateFlags) => {
    const { createVolume } = await import("./create-volume.ts");
    await createVolume(cli, name, flags);
  });
};
