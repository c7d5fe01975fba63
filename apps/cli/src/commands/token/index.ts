import type { Entry } from "../entry.ts";

export const tokenEntries: readonly Entry[] = [
  {
    name: "create",
    summary: "Make a token; its secret is shown this once",
    verb: async () => (await import("./create.ts")).create,
  },
  {
    name: "list",
    summary: "API tokens, yours or with --user another's",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list("token"),
  },
  {
    name: "revoke",
    summary: "End a token at once",
    aliases: ["rm"],
    verb: async () => (await import("./revoke.ts")).revoke("token"),
  },
];

export const sessionEntries: readonly Entry[] = [
  {
    name: "list",
    summary: "Where you are logged in, or with --user another",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list("session"),
  },
  {
    name: "revoke",
    summary: "End a session at once, or with --others all but this",
    aliases: ["rm"],
    verb: async () => (await import("./revoke.ts")).revoke("session"),
  },
];
