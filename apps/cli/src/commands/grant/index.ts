import type { Entry } from "../entry.ts";

export const grantEntries: readonly Entry[] = [
  {
    name: "add",
    summary: "Give a role on an object and all below it",
    verb: async () => (await import("./add.ts")).add,
  },
  {
    name: "list",
    summary: "Who holds which role where",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  {
    name: "delete",
    summary: "Take a role back, in force at once",
    aliases: ["rm"],
    verb: async () => (await import("./delete.ts")).deleteGrant,
  },
];
