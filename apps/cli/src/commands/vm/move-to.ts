import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

export const moveTo: Verb = (command, cli) => {
  command
    .argument("<vm>", "name or id")
    .argument("<folder>", "name, path or id, in the VM's project; / is right below the project");
  addMutationFlags(command).action(async (ref: string, folder: string, flags: MutationFlags) => {
    const session = await cli.connect();
    const [{ getVm }, { readFolderId }, { changesFromFlags }, { finishVms }] = await Promise.all([
      import("../../rpc/resolve.ts"),
      import("./move-to-folder.ts"),
      import("./edit-request.ts"),
      import("./finish-vms.ts"),
    ]);
    const vm = await getVm(session, ref);
    const folderId = await readFolderId(session, vm, folder === "/" ? false : folder);
    const answer = await session.vms.updateVM({ ...changesFromFlags(vm, {}, folderId), ...mutation(flags) });
    await finishVms(cli, [answer], { session, flags, action: "move", instant: true });
  });
};
