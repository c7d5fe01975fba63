import type { Verb } from "../verb.ts";
import { formatLabels, parseLabelChanges } from "../../values/labels.ts";
import { nodeVerb } from "./node-verb.ts";

export const label: Verb = (command, cli) =>
  nodeVerb(
    command.argument("<node>", "host name or id").argument("<change...>", "key=value sets a label, key- removes it"),
    cli,
    {
      call: ({ session, node, words, common }) => {
        const { add, remove } = parseLabelChanges(words);
        return session.nodes.updateLabels({ id: node.id, addLabels: add, removeLabels: remove, ...common });
      },
      done: (node) => `${node.hostname}: ${formatLabels(node.labels) || "no labels"}`,
    },
  );
