import type { Verb } from "../verb.ts";
import { nodeVerb } from "./node-verb.ts";

export const untaint: Verb = (command, cli) =>
  nodeVerb(command.argument("<node>", "host name or id").argument("<key>", "the taint's key"), cli, {
    call: ({ session, node, words: [key = ""], common }) =>
      session.nodes.removeTaint({ id: node.id, key: key.split(/[=:]/, 1)[0] ?? "", ...common }),
    done: (node) => `${node.hostname}: taint removed`,
  });
