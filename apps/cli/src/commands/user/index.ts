import type { Entry } from "../entry.ts";

export const userEntries: readonly Entry[] = [
  {
    name: "create",
    summary: "Make an account for a person, or with --service for a program",
    verb: async () => (await import("./create.ts")).create,
  },
  { name: "list", summary: "Users", aliases: ["ls"], verb: async () => (await import("./list.ts")).list },
  { name: "get", summary: "One user in full", aliases: ["show"], verb: async () => (await import("./get.ts")).get },
  { name: "edit", summary: "Change the full name or the e-mail", verb: async () => (await import("./edit.ts")).edit },
  {
    name: "disable",
    summary: "Lock out at once: sessions and tokens end",
    verb: async () => (await import("./disable.ts")).disable,
  },
  { name: "enable", summary: "Let in again", verb: async () => (await import("./enable.ts")).enable },
  {
    name: "delete",
    summary: "Delete with sessions, tokens and grants",
    aliases: ["rm"],
    verb: async () => (await import("./delete.ts")).deleteUser,
  },
  {
    name: "reset-password",
    summary: "A new password, shown once; ends a lockout and all sessions",
    verb: async () => (await import("./reset-password.ts")).resetPassword,
  },
  {
    name: "reset-factors",
    summary: "Remove the second factors of somebody who lost them",
    verb: async () => (await import("./reset-factors.ts")).resetFactors,
  },
];
