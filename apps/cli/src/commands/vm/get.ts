import type { Verb } from "../verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<vm>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ VirtualMachineSchema }, { getVm }, { readHostnames }, { printMessage }, { describeVm }] =
      await Promise.all([
        import("@limiquantix/api"),
        import("../../rpc/resolve.ts"),
        import("../../rpc/hostnames.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
    const [vm, hostname] = await Promise.all([getVm(session, ref), readHostnames(session)]);
    await printMessage(cli, VirtualMachineSchema, vm, (it) => describeVm(it, cli.terminal.paint, hostname));
  });
};
