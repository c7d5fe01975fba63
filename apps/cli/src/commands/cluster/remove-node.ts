import type { Verb } from "../verb.ts";
import { addChangeFlags, type MutationFlags } from "../../tasks/flags.ts";

export const removeNode: Verb = (command, cli) => {
  command.argument("<node...>", "host names or ids");
  addChangeFlags(command).action(async (nodes: string[], flags: MutationFlags) => {
    const { moveNodes } = await import("./move-nodes.ts");
    await moveNodes(cli, { nodes, clusterId: "", flags, done: "is in no cluster" });
  });
};
