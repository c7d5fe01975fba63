import type { Entry } from "../../entry.ts";

export const scheduleEntries: readonly Entry[] = [
  {
    name: "create",
    summary: "Have snapshots taken by the clock, and deleted again in time",
    verb: async () => (await import("./create.ts")).create,
  },
  {
    name: "list",
    summary: "Schedules, when they run next and what came of it last; --watch follows them",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  {
    name: "get",
    summary: "One in full: its next times, its last run VM by VM",
    aliases: ["show"],
    verb: async () => (await import("./get.ts")).get,
  },
  {
    name: "edit",
    summary: "Change when, of what and for how long; switch it on and off",
    verb: async () => (await import("./edit.ts")).edit,
  },
  {
    name: "run",
    summary: "Run one now",
    verb: async () => (await import("./run.ts")).run,
  },
  {
    name: "delete",
    summary: "Delete schedules; their snapshots stay unless told",
    aliases: ["rm"],
    verb: async () => (await import("./delete.ts")).deleteSchedule,
  },
];
