import type { Verb } from "../verb.ts";
import { nodeVerb } from "./node-verb.ts";

export const enable: Verb = (command, cli) =>
  nodeVerb(command.argument("<node>", "host name or id"), cli, {
    call: ({ session, node, common }) => session.nodes.enableNode({ id: node.id, ...common }),
    done: (node) => `${node.hostname} takes VMs again`,
  });
