import type { Verb } from "../verb.ts";
import { addMutationFlags } from "../../tasks/flags.ts";
import { parseCount } from "../../values/count.ts";
import { collect } from "../../values/labels.ts";
import { parseMib } from "../../values/size.ts";
import type { EditFlags } from "./edit-request.ts";

export const edit: Verb = (command, cli) => {
  command
    .argument("<vm>", "name or id")
    .option("--cpu <count>", "virtual CPUs", parseCount)
    .option("--memory <size>", "memory", parseMib)
    .option("--name <name>", "a new name")
    .option("-l, --label <change>", "key=value sets a label, key- removes it; may be repeated", collect)
    .option("--description <text>", "what it is for")
    .option("--folder <folder>", "put it into this folder of its project")
    .option("--no-folder", "put it right below its project")
    .option("--auto-start", "start it whenever its host starts")
    .option("--no-auto-start", "do not")
    .addHelpText("after", "\nWithout a flag that changes something, $VISUAL or $EDITOR opens the VM as YAML.");
  addMutationFlags(command).action(async (ref: string, flags: EditFlags) => {
    const session = await cli.connect();
    const [{ getVm }, { mutation }, { finishVms }] = await Promise.all([
      import("../../rpc/resolve.ts"),
      import("../../tasks/flags.ts"),
      import("./finish-vms.ts"),
    ]);
    const vm = await getVm(session, ref);
    const { changesFromFlags } = await import("./edit-request.ts");
    const { readFolderId } = await import("./move-to-folder.ts");
    const changes = changesFromFlags(vm, flags, await readFolderId(session, vm, flags.folder));
    if (changes) {
      const answer = await session.vms.updateVM({ ...changes, ...mutation(flags) });
      return finishVms(cli, [answer], { session, flags, action: "edit", instant: true });
    }
    const { editInEditor } = await import("./edit-in-editor.ts");
    const answer = await editInEditor(cli, session, vm, mutation(flags));
    if (answer) await finishVms(cli, [answer], { session, flags, action: "edit", instant: true });
  });
};
