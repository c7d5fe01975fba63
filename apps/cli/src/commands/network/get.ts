import type { Verb } from "../verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<network>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ VirtualNetworkSchema }, { getNetwork }, { readHostnames }, { printMessage }, { describeNetwork }] =
      await Promise.all([
        import("@limiquantix/api"),
        import("../../rpc/resolve.ts"),
        import("../../rpc/hostnames.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
    const [network, hostname] = await Promise.all([getNetwork(session, ref), readHostnames(session)]);
    await printMessage(cli, VirtualNetworkSchema, network, (it) => describeNetwork(it, hostname));
  });
};
