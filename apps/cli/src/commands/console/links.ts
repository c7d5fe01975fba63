import type { Verb } from "../verb.ts";

export const links: Verb = (command, cli) => {
  command.argument("<vm>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ getVm }, { printList }, { linksView }] = await Promise.all([
      import("../../rpc/resolve.ts"),
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    const vm = await getVm(session, ref);
    const answer = await session.vms.listConsoleLinks({ vmId: vm.id });
    await printList(cli, linksView(vm.name), answer.links);
  });
};
