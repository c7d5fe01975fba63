import type { Verb } from "../verb.ts";

export const list: Verb = (command, cli) => {
  command.argument("<vm>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ ListSnapshotsResponseSchema }, { getVm }, { printMessage }, { renderSnapshots }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve.ts"),
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    const vm = await getVm(session, ref);
    const found = await session.vms.listSnapshots({ vmId: vm.id });
    await printMessage(cli, ListSnapshotsResponseSchema, found, () => {
      if (found.snapshots.length > 0) return renderSnapshots(found, cli.terminal.paint, cli.flags.output === "wide");
      cli.note(`${vm.name} has no snapshots (take one: lqx snapshot create ${vm.name} NAME)`);
      return [];
    });
  });
};
