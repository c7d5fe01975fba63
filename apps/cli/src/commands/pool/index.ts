import type { Entry } from "../entry.ts";

export const poolEntries: readonly Entry[] = [
  {
    name: "list",
    summary: "Storage pools and their space",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  { name: "get", summary: "One pool in full", aliases: ["show"], verb: async () => (await import("./get.ts")).get },
];
