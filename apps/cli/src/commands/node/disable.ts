import type { Verb } from "../verb.ts";
import { nodeVerb } from "./node-verb.ts";

export const disable: Verb = (command, cli) =>
  nodeVerb(command.argument("<node>", "host name or id"), cli, {
    call: ({ session, node, common }) => session.nodes.disableNode({ id: node.id, ...common }),
    done: (node) => `${node.hostname} takes no new VMs; those that it has go on`,
  });
