import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface EditFlags extends MutationFlags {
  name?: string;
  description?: string;
}

export const edit: Verb = (command, cli) => {
  command
    .argument("<vm>", "name or id")
    .argument("<snapshot>", "name or id")
    .option("--name <name>", "a new name; a schedule's snapshot is kept from then on")
    .option("--description <text>", "what it is for");
  addChangeFlags(command).action(async (ref: string, name: string, flags: EditFlags) => {
    const session = await cli.connect();
    const [{ SnapshotSchema }, { getVm }, { getSnapshot }, { changedFields }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve.ts"),
      import("../../rpc/resolve-storage.ts"),
      import("../../values/changed-fields.ts"),
      import("../../output/done.ts"),
    ]);
    const { fields } = changedFields({ name: flags.name, description: flags.description });
    const vm = await getVm(session, ref);
    const { id: snapshotId } = await getSnapshot(session, vm, name);
    const answer = await session.vms.updateSnapshot({ vmId: vm.id, snapshotId, ...fields, ...mutation(flags) });
    const describe = () => `snapshot ${answer.name} of ${vm.name} is changed`;
    await printDone(cli, { schema: SnapshotSchema, answers: [answer], flags, describe });
  });
};
