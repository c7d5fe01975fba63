import type { Entry } from "../entry.ts";

export const eventEntries: readonly Entry[] = [
  {
    name: "list",
    summary: "Events, newest first",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  { name: "watch", summary: "Events as they happen", verb: async () => (await import("./watch.ts")).watch },
];
