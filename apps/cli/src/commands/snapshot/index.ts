import type { Entry } from "../entry.ts";

export const snapshotEntries: readonly Entry[] = [
  {
    name: "create",
    summary: "Take one, also of a running VM",
    aliases: ["take"],
    verb: async () => (await import("./create.ts")).create,
  },
  {
    name: "list",
    summary: "A VM's snapshots as a tree, and where it is now",
    aliases: ["ls", "tree"],
    verb: async () => (await import("./list.ts")).list,
  },
  {
    name: "revert",
    summary: "Make the VM what it was",
    aliases: ["rollback"],
    verb: async () => (await import("./revert.ts")).revert,
  },
  {
    name: "delete",
    summary: "Delete snapshots, also while the VM runs; the VM stays as it is now",
    aliases: ["rm"],
    verb: async () => (await import("./delete.ts")).deleteSnapshot,
  },
  {
    name: "edit",
    summary: "Rename or describe one",
    verb: async () => (await import("./edit.ts")).edit,
  },
  {
    name: "schedule",
    summary: "Snapshots by the clock, with retention",
    nouns: async () => (await import("./schedule/index.ts")).scheduleEntries,
  },
];
