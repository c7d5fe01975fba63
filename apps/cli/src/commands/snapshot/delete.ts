import type { SnapshotTaskResponse } from "@limiquantix/api";
import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface DeleteFlags extends MutationFlags {
  yes?: boolean;
}

export const deleteSnapshot: Verb = (command, cli) => {
  command.argument("<vm>", "name or id").argument("<snapshot...>", "names or ids").option("-y, --yes", "do not ask");
  addMutationFlags(command).action(async (ref: string, names: string[], flags: DeleteFlags) => {
    const session = await cli.connect();
    const [{ getVm }, { findSnapshot }, { confirmed }, { finishSnapshots }] = await Promise.all([
      import("../../rpc/resolve.ts"),
      import("../../rpc/resolve-storage.ts"),
      import("../../terminal/confirm.ts"),
      import("./finish-snapshots.ts"),
    ]);
    const vm = await getVm(session, ref);
    const { snapshots } = await session.vms.listSnapshots({ vmId: vm.id });
    const found = names.map((name) => findSnapshot(snapshots, vm.name, name));
    const all = found.map(({ name }) => name).join(", ");
    if (!(await confirmed(cli, flags, `Delete ${all} of ${vm.name}? It stays as it is now.`))) return;
    const answers: SnapshotTaskResponse[] = [];
    for (const { id } of found) {
      answers.push(await session.vms.deleteSnapshot({ vmId: vm.id, snapshotId: id, ...mutation(flags) }));
    }
    await finishSnapshots(cli, answers, { session, vm, flags, action: "delete", gone: true });
  });
};
