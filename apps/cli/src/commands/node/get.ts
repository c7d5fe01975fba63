import type { Verb } from "../verb.ts";
import { printNode } from "./node-verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<node>", "host name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const { getNode } = await import("../../rpc/resolve.ts");
    await printNode(cli, await getNode(session, ref));
  });
};
