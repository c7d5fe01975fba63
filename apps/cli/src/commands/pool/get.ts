import type { Verb } from "../verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<pool>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ StoragePoolSchema }, { getPool }, { readHostnames }, { printMessage }, { describePool }] =
      await Promise.all([
        import("@limiquantix/api"),
        import("../../rpc/resolve-pool.ts"),
        import("../../rpc/hostnames.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
    const [pool, hostname] = await Promise.all([getPool(session, ref), readHostnames(session)]);
    await printMessage(cli, StoragePoolSchema, pool, (it) => describePool(it, hostname));
  });
};
