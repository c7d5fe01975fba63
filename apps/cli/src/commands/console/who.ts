import type { Verb } from "../verb.ts";

export const who: Verb = (command, cli) => {
  command.argument("<vm>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ getVm }, { printList }, { sessionsView }] = await Promise.all([
      import("../../rpc/resolve.ts"),
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    const vm = await getVm(session, ref);
    // The stream begins with who is there now.
    const stop = new AbortController();
    const stream = session.vms.watchConsoleSessions({ vmId: vm.id }, { signal: stop.signal });
    const first = await stream[Symbol.asyncIterator]().next();
    stop.abort();
    await printList(cli, sessionsView(vm.name), first.done ? [] : first.value.sessions);
  });
};
