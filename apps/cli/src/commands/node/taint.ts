import type { Verb } from "../verb.ts";
import { parseTaint } from "../../values/taint.ts";
import { nodeVerb } from "./node-verb.ts";

export const taint: Verb = (command, cli) =>
  nodeVerb(
    command
      .argument("<node>", "host name or id")
      .argument("<taint>", "key=value:EFFECT; effects: NO_SCHEDULE, PREFER_NO_SCHEDULE, NO_EXECUTE"),
    cli,
    {
      call: async ({ session, node, words: [text = ""], common }) => {
        const { Taint_Effect } = await import("@limiquantix/api");
        const { key, value, effect } = parseTaint(text);
        return session.nodes.addTaint({ id: node.id, taint: { key, value, effect: Taint_Effect[effect] }, ...common });
      },
      done: (node) => `${node.hostname} is tainted`,
    },
  );
