import type { Entry } from "../entry.ts";

export const tokenEntries: readonly Entry[] = [
  {
    name: "create",
    summary: "Make a token; its secret is shown this once",
    verb: async () => (await import("./create.ts")).create,
  },
  {
    name: "list",
    summary: "Sessions and tokens of yours",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  { name: "revoke", summary: "End a token", aliases: ["rm"], verb: async () => (await import("./revoke.ts")).revoke },
];
