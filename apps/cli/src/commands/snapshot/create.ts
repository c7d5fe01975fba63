import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface CreateFlags extends MutationFlags {
  memory?: boolean;
  quiesce?: boolean;
  description?: string;
}

export const create: Verb = (command, cli) => {
  command
    .argument("<vm>", "name or id")
    .argument("<name>", "what the snapshot is called")
    .option("--memory", "with the memory of the running guest: a revert goes on right there")
    .option("--quiesce", "have the guest's agent write everything to disk first, where it has one")
    .option("--description <text>", "what it is for");
  addMutationFlags(command).action(async (ref: string, name: string, flags: CreateFlags) => {
    const session = await cli.connect();
    const [{ getVm }, { finishSnapshots }] = await Promise.all([
      import("../../rpc/resolve.ts"),
      import("./finish-snapshots.ts"),
    ]);
    const vm = await getVm(session, ref);
    const answer = await session.vms.createSnapshot({
      vmId: vm.id,
      name,
      description: flags.description ?? "",
      includeMemory: flags.memory ?? false,
      quiesce: flags.quiesce ?? false,
      ...mutation(flags),
    });
    await finishSnapshots(cli, [answer], { session, vm, flags, action: "create" });
  });
};
