import type { Entry } from "../entry.ts";

export const auditEntries: readonly Entry[] = [
  {
    name: "list",
    summary: "Who did what, newest first",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  {
    name: "get",
    summary: "One record, with what it changed",
    aliases: ["show"],
    verb: async () => (await import("./get.ts")).get,
  },
  {
    name: "export",
    summary: "Records as JSON lines, oldest first",
    verb: async () => (await import("./export.ts")).exportAudit,
  },
  {
    name: "verify",
    summary: "Is the chain whole? Exit code 1 where it is not",
    verb: async () => (await import("./verify.ts")).verify,
  },
];
